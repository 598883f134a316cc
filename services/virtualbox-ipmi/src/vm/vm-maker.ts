import { randomUUID } from 'node:crypto'
import { type Call, type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm, type VmSpec } from '../hypervisor/vm.ts'
import type { MadeVm, Ownership } from './ownership.ts'
import { findVm, nameOf, waitForVm } from './power-state.ts'
import { tryAgain } from './try-again.ts'
import type { VmPower } from './vm-power.ts'

/** Whose a VM is. `unfinished`: this plugin began to make it, and was ended before it was whole. */
export type VmOrigin = 'ours' | 'unfinished' | 'foreign'

/** Makes VMs, and destroys those that it made. Whoever calls has the VM's turn. */
export class VmMaker {
  readonly #hypervisor: Hypervisor
  readonly #power: VmPower
  readonly #ownership: Ownership
  readonly #log: Logger

  constructor(power: VmPower, ownership: Ownership, log: Logger) {
    this.#hypervisor = power.hypervisor
    this.#power = power
    this.#ownership = ownership
    this.#log = log
  }

  /**
   * Makes a VM that says that it is this plugin's. Where that fails, what was made by this very call is taken away again, and nothing else
   * but what an earlier process left half made under that id. `spec.id` in either case; a random one where it is left out.
   */
  async make(spec: VmSpec, call: Call): Promise<Vm> {
    const id = (spec.id ?? randomUUID()).toUpperCase()
    if (await this.find(id, call)) {
      if ((await this.originOf(id, call)) !== 'unfinished')
        throw new PowerbusError('OBJECT_CONFLICT', `there is a VM ${id} already`)
      await this.discard(id, call)
    }
    await this.#ownership.write(id, 'making')
    let made: Vm | undefined
    try {
      made = await this.#hypervisor.create({ ...spec, id }, call)
      await this.#ownership.mark(id, call)
      return made
    } catch (error) {
      // A create that ended without an answer may have made it: it is unfinished then, until the plugin looks the next time.
      if (made) await this.#takeAway(made, call)
      else if (isRefusal(error)) await this.#ownership.forget(id)
      throw error
    }
  }

  /** The VM says whose it is as the last step of its making; of one that does not, this plugin may have written down that it began. */
  async originOf(id: string, call: Call): Promise<VmOrigin> {
    const phase = await this.#ownership.phase(id)
    if (await this.#ownership.isOurs(id, call)) {
      if (phase !== 'made') await this.#ownership.write(id, 'made')
      return 'ours'
    }
    return phase === 'making' ? 'unfinished' : 'foreign'
  }

  /** A machine stands for a VM that somebody else made: that none is ever made in its place is written down. */
  async adopt(id: string): Promise<void> {
    const phase = await this.#ownership.phase(id)
    if (phase === undefined || phase === 'destroyed') await this.#ownership.write(id, 'adopted')
  }

  /**
   * Takes away an unfinished VM: its id was free when this plugin wrote down that it would make it. Throws OBJECT_CONFLICT for one that is
   * not off, which somebody has begun to use.
   */
  async discard(id: string, call: Call): Promise<void> {
    const vm = await this.#power.beforeEnd(id, call)
    if (!isOff(vm.state))
      throw new PowerbusError('OBJECT_CONFLICT', `VM ${nameOf(vm)} was left half made, and is ${vm.state} now`)
    this.#log.warn('a VM that was left half made is taken away', { vm: nameOf(vm) })
    const hypervisor = this.#hypervisor
    await whileLocked(call, () => hypervisor.discard?.(id, call) ?? hypervisor.destroy(id, call))
    await this.#ownership.forget(id)
  }

  /**
   * Switches the VM off and deletes it with its disks, again and again while it is locked. Throws OBJECT_CONFLICT for one that this plugin
   * did not make.
   */
  async destroy(id: string, call: Call): Promise<void> {
    const vm = await this.#power.beforeEnd(id, call)
    await this.checkOurs(vm, call)
    if (!isOff(vm.state)) {
      await this.#hypervisor.powerOff(id, call)
      await waitForVm(this.#hypervisor, id, ({ state }) => isOff(state), call)
    }
    await whileLocked(call, () => this.#hypervisor.destroy(id, call))
    await this.#ownership.write(id, 'destroyed')
  }

  /** How far this plugin came with the VM of that id; undefined where it neither made nor adopted one. */
  async phase(id: string): Promise<MadeVm['phase'] | undefined> {
    return await this.#ownership.phase(id)
  }

  /** Throws OBJECT_CONFLICT. */
  async checkOurs(vm: Vm, call: Call): Promise<void> {
    if ((await this.originOf(vm.id, call)) !== 'foreign') return
    throw new PowerbusError(
      'OBJECT_CONFLICT',
      `VM ${nameOf(vm)} was not made by this plugin, and only those that it made are destroyed: delete it with VBoxManage unregistervm`,
    )
  }

  /** Undefined where there is no such VM. */
  async find(id: string, call: Call): Promise<Vm | undefined> {
    return await findVm(this.#hypervisor, id, call)
  }

  async #takeAway(vm: Vm, call: Call): Promise<void> {
    try {
      await whileLocked(call, () => this.#hypervisor.destroy(vm.id, call))
      await this.#ownership.forget(vm.id)
    } catch (error) {
      this.#log.error('a VM that could not be finished is left behind', { vm: vm.id, reason: String(error) })
    }
  }
}

/** The hypervisor said no, and has taken away what it had made. */
function isRefusal(error: unknown): boolean {
  return error instanceof PowerbusError && ['OBJECT_CONFLICT', 'PARAM_INVALID', 'TARGET_STATE'].includes(error.code)
}

/** Again and again while the VM is locked; one that is gone after a try without an answer was destroyed by that. */
async function whileLocked(call: Call, destroy: () => Promise<void>): Promise<void> {
  const passes = ({ code }: PowerbusError) => code === 'TARGET_BUSY' || code === 'TARGET_TIMEOUT'
  await tryAgain(call, passes, async (_, tries) => {
    try {
      await destroy()
    } catch (error) {
      if (tries === 0 || !(error instanceof PowerbusError) || error.code !== 'OBJECT_UNKNOWN') throw error
    }
  })
}
