import { PowerbusError } from '@powerbus/plugin-sdk'
import { Calls, type Deadline, leftMs, sleepWithin } from '../calls.ts'
import { checkName, checkSpec, fullBootOrder } from '../check-spec.ts'
import type { Hypervisor } from '../hypervisor.ts'
import { type BootDevice, inaccessibleVm, isOff, offStates, type Vm, type VmList, type VmSpec } from '../vm.ts'
import { cloneVm, createVm, discardVm, newId } from './create-vm.ts'
import { VBoxManage, type VBoxManageOptions } from './vbox-manage.ts'
import { readVmInfo, type VmInfo } from './vm-info.ts'
import { readVmList } from './vm-list.ts'

export interface VirtualBoxOptions extends VBoxManageOptions {
  /** Where new VMs are kept; VirtualBox's own folder where it is left out. */
  readonly folder?: string
}

/** A VM is locked for a moment after it was switched off, and while somebody looks at it. */
const LOCKED_PAUSE_MS = 250
const LOCKED_MAX_MS = 10_000

/** States in which a start has been taken, or is done. */
const starting: ReadonlySet<string> = new Set(['running', 'starting', 'restoring'])
/** States in which a power off has been taken, or is done. */
const goingOff: ReadonlySet<string> = new Set([...offStates, 'stopping'])

/** VirtualBox 6.1, 7.0 and 7.1, through VBoxManage. One call at a time per VM: even showvminfo locks it. */
export function openVirtualBox(options: VirtualBoxOptions = {}): Hypervisor {
  const program = new VBoxManage(options)
  const calls = new Calls()
  const forVm = calls.forVm.bind(calls)
  const { folder } = options

  const run = (args: readonly string[], deadline: Deadline) => program.run(args, deadline)
  const runOnce = (args: readonly string[], deadline: Deadline) => program.run(args, deadline, { once: true })

  async function info(id: string, deadline: Deadline): Promise<VmInfo> {
    const found = readVmInfo(await run(['showvminfo', id, '--machinereadable'], deadline))
    if (found) return found
    throw new PowerbusError('TARGET_UNREACHABLE', `VBoxManage showvminfo ${id} printed something else than a VM`)
  }

  /** Since 7.0.20 showvminfo refuses a VM that is inaccessible; before, it prints little. */
  async function look(id: string, deadline: Deadline): Promise<Vm> {
    try {
      return (await info(id, deadline)).vm
    } catch (error) {
      if (error instanceof PowerbusError && error.code === 'TARGET_STATE') return inaccessibleVm(id)
      throw error
    }
  }

  /** Again while the VM is locked although it is off, as long as there is time for another try. */
  async function whileLocked<T>(id: string, deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const end = performance.now() + LOCKED_MAX_MS
    for (;;) {
      const start = performance.now()
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof PowerbusError) || error.code !== 'TARGET_BUSY') throw error
        const tryMs = performance.now() - start
        if (leftMs(deadline) < 2 * tryMs) throw error
        const { state } = await look(id, deadline)
        if (!isOff(state)) throw wrongState(id, state, 'that needs a VM that is off')
        if (performance.now() > end || leftMs(deadline) < LOCKED_PAUSE_MS + 5 * tryMs) throw error
        await sleepWithin(deadline, LOCKED_PAUSE_MS, `waiting until VM ${id} is unlocked`)
      }
    }
  }

  const steps = {
    run,
    info,
    unregister: async (id: string, deadline: Deadline) => {
      await whileLocked(id, deadline, () => run(['unregistervm', id, '--delete'], deadline))
    },
  }

  async function startVm(id: string, deadline: Deadline): Promise<void> {
    const { state } = await look(id, deadline)
    if (starting.has(state)) return
    if (state === 'paused') await run(['controlvm', id, 'resume'], deadline)
    else if (!isOff(state)) throw notNow(id, state)
    else {
      const start = () => run(['startvm', id, '--type', 'headless'], deadline)
      await unlessNow(id, starting, deadline, whileLocked(id, deadline, start))
    }
  }

  async function powerOffVm(id: string, deadline: Deadline): Promise<void> {
    const { state } = await look(id, deadline)
    if (goingOff.has(state)) return
    if (state === 'inaccessible') throw notNow(id, state)
    await unlessNow(id, goingOff, deadline, run(['controlvm', id, 'poweroff'], deadline))
  }

  /** The work's failure, unless the VM is in the wished state all the same: it went there by itself, or by somebody else. */
  async function unlessNow(id: string, wished: ReadonlySet<string>, deadline: Deadline, work: Promise<unknown>) {
    try {
      await work
    } catch (error) {
      if (!(error instanceof PowerbusError) || error.code !== 'TARGET_STATE') throw error
      const { state } = await look(id, deadline)
      if (!wished.has(state)) throw error
    }
  }

  return {
    name: 'virtualbox',

    version: (call) =>
      calls.run(call, async (deadline) => {
        const text = await run(['--version'], deadline)
        // Warnings about a missing kernel module come before it.
        const version = /^(\d+\.\d+\.\d+)\S*$/m.exec(text)?.[1]
        if (version !== undefined) return version
        throw new PowerbusError('TARGET_UNREACHABLE', `VBoxManage --version printed no version: ${text.slice(0, 200)}`)
      }),

    list: (call): Promise<VmList> =>
      calls.run(call, async (deadline) => readVmList(await run(['list', 'vms'], deadline))),

    get: (id, call) => forVm(id, call, look),

    create: (spec: VmSpec, call) =>
      forVm(spec.id ?? newId(), call, async (id, deadline) => {
        checkSpec(spec)
        if (spec.id !== undefined) await refuseTaken(look(id, deadline))
        await createVm(id, spec, folder, steps, deadline)
        return await look(id, deadline)
      }),

    start: (id, call) => forVm(id, call, startVm),
    powerOff: (id, call) => forVm(id, call, powerOffVm),
    reset: (id, call) =>
      forVm(id, call, async (vmId, deadline) => void (await runOnce(['controlvm', vmId, 'reset'], deadline))),
    acpiShutdown: (id, call) =>
      forVm(id, call, async (vmId, deadline) => void (await run(['controlvm', vmId, 'acpipowerbutton'], deadline))),
    nmi: (id, call) =>
      forVm(id, call, async (vmId, deadline) => void (await runOnce(['debugvm', vmId, 'injectnmi'], deadline))),

    setBootOrder: (id, order: readonly BootDevice[], call) =>
      forVm(id, call, async (vmId, deadline) => {
        const places = fullBootOrder(order).flatMap((device, place) => [`--boot${place + 1}`, device])
        await savedIsSaid(
          whileLocked(vmId, deadline, () => run(['modifyvm', vmId, ...places], deadline)),
          () => look(vmId, deadline),
        )
      }),

    getExtra: (id, key, call) =>
      forVm(id, call, async (vmId, deadline) => {
        const text = await run(['getextradata', vmId, key], deadline)
        return /^Value: ([\s\S]*?)\r?\n?$(?![\s\S])/m.exec(text)?.[1]
      }),

    setExtra: (id, key, value, call) =>
      forVm(id, call, async (vmId, deadline) => {
        await run(['setextradata', vmId, key, ...(value === undefined ? [] : [value])], deadline)
      }),

    snapshot: (id, name, call) =>
      forVm(id, call, async (vmId, deadline) => {
        checkName(name)
        await run(['snapshot', vmId, 'take', name], deadline)
      }),

    clone: (id, name, call) =>
      forVm(id, call, async (vmId, deadline) => {
        checkName(name)
        const { state } = await look(vmId, deadline)
        if (!isOff(state)) throw wrongState(vmId, state, 'only a VM that is off can be cloned')
        const copy = newId()
        await cloneVm(vmId, copy, name, folder, steps, deadline)
        return await look(copy, deadline)
      }),

    destroy: (id, call) =>
      forVm(id, call, async (vmId, deadline) => {
        const { state } = await look(vmId, deadline)
        if (!isOff(state)) throw wrongState(vmId, state, 'only a VM that is off can be destroyed')
        await steps.unregister(vmId, deadline)
      }),
    discard: (id, call) =>
      forVm(id, call, async (vmId, deadline) => {
        const found = await info(vmId, deadline)
        const { state } = found.vm
        if (!isOff(state)) throw wrongState(vmId, state, 'only a VM that is off can be destroyed')
        await discardVm(vmId, found, steps, deadline)
      }),

    close: () => calls.close(),
  }
}

/** A saved VM cannot be changed, and its memory is its owner's: it is not thrown away here. */
async function savedIsSaid(work: Promise<unknown>, look: () => Promise<Vm>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof PowerbusError) || error.code !== 'TARGET_STATE') throw error
    const { id, state } = await look()
    if (!state.includes('saved')) throw error
    const advice = `start it and shut it down, or throw its saved state away with \`VBoxManage discardstate ${id}\``
    throw wrongState(id, state, `its settings cannot be changed; ${advice}`, error)
  }
}

async function refuseTaken(look: Promise<Vm>): Promise<void> {
  try {
    const { id, name } = await look
    throw new PowerbusError('OBJECT_CONFLICT', `There is a VM ${id} already (${name})`)
  } catch (error) {
    if (!(error instanceof PowerbusError) || error.code !== 'OBJECT_UNKNOWN') throw error
  }
}

function wrongState(id: string, state: string, why: string, cause?: unknown): PowerbusError {
  return new PowerbusError('TARGET_STATE', `VM ${id} is ${state}: ${why}`, { cause })
}

/** States that pass by themselves are busy; the others need somebody. */
function notNow(id: string, state: string): PowerbusError {
  if (state === 'stuck') return wrongState(id, state, 'its process hangs (guru meditation); power it off first')
  if (state === 'inaccessible')
    return wrongState(id, state, 'VirtualBox cannot read its settings: `VBoxManage showvminfo` says why')
  return new PowerbusError('TARGET_BUSY', `VM ${id} is ${state}; wait until that has ended`)
}
