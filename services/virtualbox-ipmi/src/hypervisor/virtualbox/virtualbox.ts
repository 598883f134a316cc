import { randomUUID } from 'node:crypto'
import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { Calls, type Deadline, leftMs, sleepWithin } from '../calls.ts'
import { checkedId, checkName, checkSpec, fullBootOrder } from '../check-spec.ts'
import { assertOff, hasCode, notYet, unlessUnknown, wrongState } from '../failure.ts'
import type { Hypervisor } from '../hypervisor.ts'
import { type BootDevice, inaccessibleVm, isOff, type Vm, type VmList, type VmSpec } from '../vm.ts'
import { isPassing, powerAfter, powerIn, type VmState } from '../vm-states.ts'
import { chooseNetwork, type NetworkWish } from './choose-network.ts'
import { cloneVm, createVm, discardVm } from './create-vm.ts'
import { type ListedKind, networkLists, readNetworks } from './host-networks.ts'
import { type RunOptions, VBoxManage, type VBoxManageOptions } from './vbox-manage.ts'
import { readVmInfo, type VmInfo } from './vm-info.ts'
import { readVmList } from './vm-list.ts'

export interface VirtualBoxOptions extends VBoxManageOptions {
  /** Folder of new VMs; VirtualBox's default where absent. */
  readonly folder?: string
  /** Network of new VMs; by default one that the host has. */
  readonly network?: NetworkWish
}

/** Pause between two tries while a VM is locked, as it is for a moment after a power off and during a read. */
const LOCKED_PAUSE_MS = 250
/** A VM that stays locked so long is reported as busy. */
const LOCKED_MAX_MS = 10_000

/** Whether a start was accepted, or is not needed. */
const isStarting = (state: VmState) => state === 'running' || (powerIn(state) === 'on' && powerAfter(state) === 'on')
/** Whether a power off was accepted, or is not needed. */
const isGoingOff = (state: VmState) => isOff(state) || powerAfter(state) === 'off'

/** VirtualBox 6.1 to 7.2, through VBoxManage. One call at a time per VM, since even showvminfo locks the VM. */
export function openVirtualBox(options: VirtualBoxOptions = {}): Hypervisor {
  const program = new VBoxManage(options)
  const calls = new Calls()
  const forVm = calls.forVm.bind(calls)
  const { folder, network = {} } = options

  const run = (args: readonly string[], deadline: Deadline, how?: RunOptions) => program.run(args, deadline, how)

  /** One command about a VM. `once`: see `VBoxManage.run`. */
  const command = (id: string, call: Call, args: (vmId: string) => readonly string[], once = false) =>
    forVm(id, call, async (vmId, deadline) => void (await program.run(args(vmId), deadline, { once })))

  async function info(id: string, deadline: Deadline, how?: RunOptions): Promise<VmInfo> {
    const found = readVmInfo(await run(['showvminfo', id, '--machinereadable'], deadline, how))
    if (found) return found
    throw new PowerbusError(
      'TARGET_UNREACHABLE',
      `The output of VBoxManage showvminfo ${id} is not a VM; check the VBoxManage version`,
    )
  }

  /** Since 7.0.20 showvminfo fails for an inaccessible VM; earlier versions print an `<inaccessible>` one. */
  async function look(id: string, deadline: Deadline, how?: RunOptions): Promise<Vm> {
    try {
      return (await info(id, deadline, how)).vm
    } catch (error) {
      if (hasCode(error, 'TARGET_STATE')) return inaccessibleVm(id)
      throw error
    }
  }

  /** Repeats the work while the VM is off but locked, and time is left for another try. */
  async function whileLocked<T>(id: string, deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const end = performance.now() + LOCKED_MAX_MS
    for (;;) {
      const start = performance.now()
      try {
        return await work()
      } catch (error) {
        if (!hasCode(error, 'TARGET_BUSY')) throw error
        const tryMs = performance.now() - start
        if (leftMs(deadline) < 2 * tryMs) throw error
        const vm = await look(id, deadline)
        if (powerIn(vm.state) !== 'off') throw wrongState(vm, 'power it off first')
        if (performance.now() > end || leftMs(deadline) < LOCKED_PAUSE_MS + 5 * tryMs) throw error
        await sleepWithin(deadline, LOCKED_PAUSE_MS, `waiting until VM ${id} is unlocked`)
      }
    }
  }

  const steps = {
    run,
    info,
    baseFolder: folder === undefined ? [] : ['--basefolder', folder],
    unregister: async (id: string, deadline: Deadline) => {
      await whileLocked(id, deadline, () => run(['unregistervm', id, '--delete'], deadline))
    },
  }

  async function startVm(id: string, deadline: Deadline): Promise<void> {
    const vm = await look(id, deadline)
    if (isStarting(vm.state)) return
    if (vm.state === 'paused') await run(['controlvm', id, 'resume'], deadline)
    else if (!isOff(vm.state)) throw notNow(vm)
    else {
      const start = () => run(['startvm', id, '--type', 'headless'], deadline)
      await unlessNow(id, isStarting, deadline, whileLocked(id, deadline, start))
    }
  }

  async function powerOffVm(id: string, deadline: Deadline): Promise<void> {
    const vm = await look(id, deadline)
    if (isGoingOff(vm.state)) return
    if (vm.state === 'inaccessible') throw notNow(vm)
    await unlessNow(id, isGoingOff, deadline, run(['controlvm', id, 'poweroff'], deadline))
  }

  /** Ignores TARGET_STATE where the VM is in a wanted state after all. Throws TARGET_BUSY in a state that passes. */
  async function unlessNow(
    id: string,
    isWanted: (state: VmState) => boolean,
    deadline: Deadline,
    work: Promise<unknown>,
  ) {
    try {
      await work
    } catch (error) {
      if (!hasCode(error, 'TARGET_STATE')) throw error
      const vm = await look(id, deadline)
      if (isWanted(vm.state)) return
      throw isPassing(vm.state) ? notYet(vm) : error
    }
  }

  /** Undefined where this VirtualBox has no such kind: `list hostonlynets` is of macOS. */
  async function hostNetworks(kind: ListedKind, deadline: Deadline) {
    try {
      return readNetworks(await run(['list', networkLists[kind]], deadline))
    } catch (error) {
      if (hasCode(error, 'CAPABILITY_UNSUPPORTED')) return undefined
      throw error
    }
  }

  return {
    name: 'virtualbox',

    version: (call) =>
      calls.run(call, async (deadline) => {
        const text = await run(['--version'], deadline)
        // Warnings about a missing kernel module may precede the version.
        const version = /^(\d+\.\d+\.\d+)\S*$/m.exec(text)?.[1]
        if (version !== undefined) return version
        throw new PowerbusError('TARGET_UNREACHABLE', `VBoxManage --version printed no version: ${text.slice(0, 200)}`)
      }),

    list: (call): Promise<VmList> =>
      calls.run(call, async (deadline) => readVmList(await run(['list', 'vms'], deadline))),

    get: (id, call) => forVm(id, call, (vmId, deadline) => look(vmId, deadline)),
    look: (id, call) => calls.run(call, (deadline) => look(checkedId(id), deadline, { atOnce: true })),

    networks: (call) =>
      calls.run(call, async (deadline) => {
        const known = new Map<ListedKind, ReturnType<typeof hostNetworks>>()
        const list = (kind: ListedKind) => {
          const networks = known.get(kind) ?? hostNetworks(kind, deadline)
          known.set(kind, networks)
          return networks
        }
        return [await chooseNetwork(network, list), { kind: 'nat' }]
      }),

    create: (spec: VmSpec, call) =>
      forVm(spec.id, call, async (id, deadline) => {
        checkSpec(spec)
        const taken = await unlessUnknown(look(id, deadline))
        if (taken)
          throw new PowerbusError('OBJECT_CONFLICT', `VM ${id} exists already (${taken.name}); choose another id`)
        await createVm(id, spec, steps, deadline)
        return await look(id, deadline)
      }),

    start: (id, call) => forVm(id, call, startVm),
    powerOff: (id, call) => forVm(id, call, powerOffVm),
    reset: (id, call) => command(id, call, (vmId) => ['controlvm', vmId, 'reset'], true),
    acpiShutdown: (id, call) => command(id, call, (vmId) => ['controlvm', vmId, 'acpipowerbutton'], true),
    nmi: (id, call) => command(id, call, (vmId) => ['debugvm', vmId, 'injectnmi'], true),

    setBootOrder: (id, order: readonly BootDevice[], call) =>
      forVm(id, call, async (vmId, deadline) => {
        const places = fullBootOrder(order).flatMap((device, place) => [`--boot${place + 1}`, device])
        try {
          await whileLocked(vmId, deadline, () => run(['modifyvm', vmId, ...places], deadline))
        } catch (error) {
          if (!hasCode(error, 'TARGET_STATE')) throw error
          const vm = await look(vmId, deadline)
          throw vm.state.includes('saved') ? savedState(vm, error) : error
        }
      }),

    getExtra: (id, key, call) =>
      forVm(id, call, async (vmId, deadline) => {
        const text = await run(['getextradata', vmId, key], deadline)
        return /^Value: ([\s\S]*?)\r?\n?$(?![\s\S])/m.exec(text)?.[1]
      }),

    setExtra: (id, key, value, call) =>
      command(id, call, (vmId) => ['setextradata', vmId, key, ...(value === undefined ? [] : [value])]),

    snapshot: (id, name, call) =>
      command(id, call, (vmId) => {
        checkName(name)
        return ['snapshot', vmId, 'take', name]
      }),

    clone: (id, name, call) =>
      forVm(id, call, async (vmId, deadline) => {
        checkName(name)
        assertOff(await look(vmId, deadline), 'cloned')
        const copy = randomUUID().toUpperCase()
        await cloneVm(vmId, copy, name, steps, deadline)
        return await look(copy, deadline)
      }),

    destroy: (id, call) =>
      forVm(id, call, async (vmId, deadline) => {
        assertOff(await look(vmId, deadline), 'destroyed')
        await steps.unregister(vmId, deadline)
      }),
    discard: (id, call) =>
      forVm(id, call, async (vmId, deadline) => {
        const found = await info(vmId, deadline)
        assertOff(found.vm, 'destroyed')
        await discardVm(vmId, found, steps, deadline)
      }),

    close: () => calls.close(),
  }
}

/** A saved VM cannot be changed, and its memory is its owner's: it is not discarded here. */
function savedState(vm: Vm, cause: unknown): PowerbusError {
  const advice = `start it and shut it down, or discard its saved state with \`VBoxManage discardstate ${vm.id}\``
  return wrongState(vm, `its settings cannot be changed; ${advice}`, cause)
}

/** TARGET_BUSY for a state that passes by itself, else TARGET_STATE. */
function notNow(vm: Vm): PowerbusError {
  if (vm.state === 'stuck') return wrongState(vm, 'its process hangs (guru meditation); power it off first')
  if (vm.state === 'inaccessible')
    return wrongState(vm, 'VirtualBox cannot read its settings: `VBoxManage showvminfo` says why')
  return notYet(vm)
}
