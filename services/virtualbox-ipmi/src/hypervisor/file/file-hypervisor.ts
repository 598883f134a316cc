import type { Call } from '@powerbus/plugin-sdk'
import { type Clock, systemClock } from '@powerbus/turns'
import { Calls, sleepWithin } from '../calls.ts'
import { checkedId, checkName, checkSpec, fullBootOrder } from '../check-spec.ts'
import { assertOff, notYet, wrongState } from '../failure.ts'
import type { Hypervisor } from '../hypervisor.ts'
import { inaccessibleVm, isOff, type Vm, type VmSpec } from '../vm.ts'
import { VmFolder } from './vm-folder.ts'
import { copyRecord, DELETING, DESTROYED, inState, newRecord, type VmCounts, type VmRecord } from './vm-record.ts'

/** How long each change takes, in milliseconds. */
const defaultTimes = {
  createMs: 100,
  startMs: 800,
  /** From a power off to off. */
  stopMs: 300,
  /** From the power button to off. Infinity: the guest does not react. */
  shutdownMs: 2000,
  snapshotMs: 200,
  cloneMs: 300,
  destroyMs: 100,
}

export type VmTimes = Readonly<typeof defaultTimes>

export interface FileHypervisorOptions {
  /** Holds one JSON file per VM, for one process at a time. Made where missing. */
  readonly folder: string
  readonly times?: Partial<VmTimes>
  readonly clock?: Pick<Clock, 'dateMs' | 'sleep'>
}

const goingOn: ReadonlySet<string> = new Set(['running', 'starting'])
const hasProcess: ReadonlySet<string> = new Set([...goingOn, 'paused', 'stuck', 'onlinesnapshotting'])

/**
 * Simulated VMs in files, for labs, tests and demonstrations. State changes take time by the wall clock, also while no
 * process runs. Throws TARGET_BUSY where another process has the folder, and TARGET_UNREACHABLE where the folder cannot
 * be used.
 */
export async function openFileHypervisor(options: FileHypervisorOptions): Promise<Hypervisor> {
  const clock = options.clock ?? systemClock
  const folder = await VmFolder.open(options.folder, clock)
  const times: VmTimes = { ...defaultTimes, ...options.times }
  const calls = new Calls()
  const soon = (delayMs: number, state: string) => ({ atMs: Math.ceil(clock.dateMs() + delayMs), state })

  const change = (id: string, call: Call, work: (record: VmRecord) => VmRecord): Promise<void> =>
    calls.forVm(id, call, (vmId) => folder.change(vmId, work))

  /** Adds a new VM and waits until it is made. Removes it where the call ends before. */
  const making = (record: VmRecord, delayMs: number, call: Call): Promise<Vm> =>
    calls.forVm(record.id, call, async (vmId, deadline) => {
      await folder.add(inState(record, 'settingup', soon(delayMs, 'poweredoff')))
      try {
        await sleepWithin(deadline, delayMs, `making VM ${vmId}`, clock)
      } catch (error) {
        await folder.remove(vmId)
        throw error
      }
      return folder.get(vmId)
    })

  return {
    name: 'file',

    version: (call) => calls.run(call, async () => '1.0'),

    list: (call) => calls.run(call, async () => ({ vms: folder.list(), problems: folder.problems })),

    get: (id, call) =>
      calls.run(call, async () => {
        const vmId = checkedId(id)
        return folder.isUnreadable(vmId) ? inaccessibleVm(vmId) : folder.get(vmId)
      }),

    create: (spec: VmSpec, call) =>
      calls.run(call, async () => {
        checkSpec(spec)
        return await making(newRecord({ ...spec, id: checkedId(spec.id) }), times.createMs, call)
      }),

    start: (id, call) =>
      change(id, call, (record) => {
        if (goingOn.has(record.state)) return record
        if (record.state === 'paused') return inState(record, 'running')
        if (!isOff(record.state)) throw notYet(record)
        return counted(inState(record, 'starting', soon(times.startMs, 'running')), 'starts')
      }),

    powerOff: (id, call) =>
      change(id, call, (record) => {
        if (isOff(record.state) || record.state === 'stopping') return record
        if (!hasProcess.has(record.state)) throw notYet(record)
        return counted(inState(record, 'stopping', soon(times.stopMs, 'poweredoff')), 'powerOffs')
      }),

    reset: (id, call) => change(id, call, (record) => counted(inState(running(record), 'running'), 'resets')),

    acpiShutdown: (id, call) =>
      change(id, call, (record) => {
        const pressed = counted(running(record), 'powerButtons')
        if (record.next || times.shutdownMs === Number.POSITIVE_INFINITY) return pressed
        return inState(pressed, 'running', soon(times.shutdownMs, 'poweredoff'))
      }),

    nmi: (id, call) => change(id, call, (record) => counted(running(record), 'nmis')),

    setBootOrder: (id, order, call) =>
      change(id, call, (record) => {
        const bootOrder = fullBootOrder(order)
        if (record.state === 'poweredoff' || record.state === 'aborted') return { ...record, bootOrder }
        throw wrongState(record, 'its boot order can be changed only while it is powered off')
      }),

    getExtra: (id, key, call) =>
      calls.run(call, async () => {
        const { extra } = folder.get(checkedId(id))
        return Object.hasOwn(extra, key) ? extra[key] : undefined
      }),

    setExtra: (id, key, value, call) =>
      change(id, call, (record) => {
        const others = Object.entries(record.extra).filter(([name]) => name !== key)
        return { ...record, extra: Object.fromEntries(value === undefined ? others : [...others, [key, value]]) }
      }),

    snapshot: (id, name, call) =>
      calls.forVm(id, call, async (vmId, deadline) => {
        checkName(name)
        await folder.change(vmId, (record) => {
          if (record.next) throw notYet(record)
          const state = isOff(record.state) ? 'snapshotting' : 'onlinesnapshotting'
          const taken = { ...record, snapshots: [...record.snapshots, { name, takenMs: clock.dateMs() }] }
          return inState(taken, state, soon(times.snapshotMs, record.state))
        })
        await sleepWithin(deadline, times.snapshotMs, `a snapshot of VM ${vmId}`, clock)
      }),

    clone: (id, name, call) =>
      calls.forVm(id, call, async (vmId) => {
        checkName(name)
        const original = folder.get(vmId)
        assertOff(original, 'cloned')
        return await making(copyRecord(original, name), times.cloneMs, call)
      }),

    destroy: (id, call) =>
      calls.forVm(id, call, async (vmId, deadline) => {
        await folder.change(vmId, (record) => {
          assertOff(record, 'destroyed')
          return inState(record, DELETING, soon(times.destroyMs, DESTROYED))
        })
        try {
          await sleepWithin(deadline, times.destroyMs, `destroying VM ${vmId}`, clock)
        } finally {
          await folder.remove(vmId)
        }
      }),

    close: async () => {
      await calls.close()
      await folder.close()
    },
  }
}

function counted(record: VmRecord, what: keyof VmCounts): VmRecord {
  return { ...record, counts: { ...record.counts, [what]: record.counts[what] + 1 } }
}

function running(record: VmRecord): VmRecord {
  if (record.state !== 'running') throw wrongState(record, 'start it first')
  return record
}
