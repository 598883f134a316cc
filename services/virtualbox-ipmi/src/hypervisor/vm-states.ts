/**
 * The state of a VM, in the words of VBoxManage but for `poweredoff` (its `poweroff`) and `stuck` (its
 * `gurumeditation`), or another hypervisor's own word. `inaccessible`: the VM's settings cannot be read.
 */
export type VmState = string

/**
 * What a state that passes by itself leads to. `on`, `off`: to a VM that is on or off. `same`: the VM is on or off all
 * the while. `unknown`: to either.
 */
type Passing = 'on' | 'off' | 'same' | 'unknown'

interface StateFacts {
  /** On: the VM has a process. */
  readonly power: 'on' | 'off'
  readonly passing?: Passing
}

const off = (passing?: Passing): StateFacts => ({ power: 'off', ...(passing && { passing }) })
const on = (passing?: Passing): StateFacts => ({ power: 'on', ...(passing && { passing }) })

/** VirtualBox's MachineState, in the words of `showvminfo --machinereadable`, and the file backend's. */
const states: ReadonlyMap<VmState, StateFacts> = new Map(
  Object.entries({
    poweredoff: off(),
    // Off, with its memory on disk, from which a start resumes.
    saved: off(),
    // Its memory went to another host; here it is off.
    teleported: off(),
    // Off, since its process died.
    aborted: off(),
    'aborted-saved': off(),

    running: on(),
    paused: on(),
    stuck: on(),

    starting: on('on'),
    restoring: on('on'),
    teleportingin: on('on'),
    stopping: on('off'),
    saving: on('off'),
    teleporting: on('unknown'),
    teleportingpausedvm: on('unknown'),
    // Up to 6.0.
    faulttolerantsyncing: on('same'),
    livesnapshotting: on('same'),
    onlinesnapshotting: on('same'),
    deletingsnapshotlive: on('same'),
    deletingsnapshotlivepaused: on('same'),

    settingup: off('same'),
    snapshotting: off('same'),
    restoringsnapshot: off('same'),
    deletingsnapshot: off('same'),

    // The file backend's.
    deleting: off('same'),
    destroyed: off('same'),
  }),
)

/** States of a VM without a process, which can be started and destroyed. */
export const offStates: ReadonlySet<VmState> = new Set(
  [...states].filter(([, { power, passing }]) => power === 'off' && passing === undefined).map(([state]) => state),
)

/** Whether a VM in this state can be started and destroyed. False for `inaccessible` and for unknown states. */
export const isOff = (state: VmState): boolean => offStates.has(state)

/** Whether a VM in this state has a process. `on` for an unknown state; undefined for `inaccessible`. */
export function powerIn(state: VmState): 'on' | 'off' | undefined {
  return state === 'inaccessible' ? undefined : (states.get(state)?.power ?? 'on')
}

/** Whether the VM leaves this state by itself. */
export const isPassing = (state: VmState): boolean => states.get(state)?.passing !== undefined

/** What the VM will be after a state that passes by itself; undefined where that cannot be told, and for other states. */
export function powerAfter(state: VmState): 'on' | 'off' | undefined {
  const facts = states.get(state)
  if (facts?.passing === 'same') return facts.power
  return facts?.passing === 'unknown' ? undefined : facts?.passing
}

/** Whether the VM is on or off now, and stays so without a command. */
export const isSteady = (state: VmState): boolean => !isPassing(state) || states.get(state)?.passing === 'same'

/** A VM that has a process in which nothing runs: buttons and interrupts do nothing, and only power helps. */
export const isHalted = (state: VmState): boolean => state === 'paused' || state === 'stuck'
