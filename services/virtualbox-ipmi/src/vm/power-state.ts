import { type Call, PowerbusError, type PowerState, systemClock } from '@powerbus/plugin-sdk'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'

/** Between two looks at a VM: longer each time, since a look may be a program's run. */
const FIRST_POLL_MS = 50
const LONGEST_POLL_MS = 1000

/** On its way from one state to another: what it will be is not known before it is there. */
const changing: ReadonlySet<string> = new Set([
  'starting',
  'stopping',
  'saving',
  'restoring',
  'settingup',
  'snapshotting',
  'restoringsnapshot',
  'deletingsnapshot',
  'deleting',
])

export function isChanging({ state }: Vm): boolean {
  return changing.has(state)
}

/** Whether `setBootOrder` can be done: a saved VM goes on and does not boot. */
export function canModify({ state }: Vm): boolean {
  return state === 'poweredoff' || state === 'aborted'
}

/**
 * The power state of a VM, as an action sees it. Throws TARGET_BUSY while it changes, which is asked again; TARGET_STATE where
 * the hypervisor cannot read the VM.
 */
export function powerStateOf(vm: Vm): PowerState {
  if (vm.state === 'inaccessible')
    throw new PowerbusError(
      'TARGET_STATE',
      `the hypervisor cannot read VM ${vm.id}: look at its settings file and disks`,
    )
  if (isChanging(vm)) throw new PowerbusError('TARGET_BUSY', `VM ${nameOf(vm)} is ${vm.state}`)
  return isOff(vm.state) ? 'off' : 'on'
}

export function nameOf({ id, name }: { readonly id: string; readonly name: string }): string {
  return name === '' ? id : name
}

/** The VM when it satisfies; undefined where it did not within the call's time. Throws what `get` throws but for failures that pass. */
export async function waitForVm(
  hypervisor: Pick<Hypervisor, 'get'>,
  id: string,
  isThere: (vm: Vm) => boolean,
  { signal, timeoutMs }: Call,
): Promise<Vm | undefined> {
  const endMs = systemClock.nowMs() + timeoutMs
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
    const vm = await readVm(hypervisor, id, { signal, timeoutMs: Math.max(1, endMs - systemClock.nowMs()) })
    if (vm && isThere(vm)) return vm
    if (systemClock.nowMs() + pollMs >= endMs) return undefined
    await systemClock.sleep(pollMs, signal)
  }
}

/** The VM when it is neither on its way up nor down. Throws TARGET_BUSY where that does not come within the call's time. */
export async function settledVm(hypervisor: Pick<Hypervisor, 'get'>, id: string, call: Call): Promise<Vm> {
  const vm = await waitForVm(hypervisor, id, (seen) => !isChanging(seen), call)
  if (vm) return vm
  throw new PowerbusError('TARGET_BUSY', `VM ${id} is locked, or on its way from one state to another`)
}

/** Undefined where there is no such VM. */
export async function findVm(hypervisor: Pick<Hypervisor, 'get'>, id: string, call: Call): Promise<Vm | undefined> {
  try {
    return await hypervisor.get(id, call)
  } catch (error) {
    if (error instanceof PowerbusError && error.code === 'OBJECT_UNKNOWN') return undefined
    throw error
  }
}

/** Undefined where the hypervisor has no time for it now. */
async function readVm(hypervisor: Pick<Hypervisor, 'get'>, id: string, call: Call): Promise<Vm | undefined> {
  try {
    return await hypervisor.get(id, call)
  } catch (error) {
    if (error instanceof PowerbusError && (error.code === 'TARGET_BUSY' || error.code === 'TARGET_TIMEOUT'))
      return undefined
    throw error
  }
}
