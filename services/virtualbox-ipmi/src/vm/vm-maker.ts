import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { hasCode, unlessUnknown } from '../hypervisor/failure.ts'
import { isOff, type Vm, type VmSpec } from '../hypervisor/vm.ts'
import type { Ownership, VmPhase } from './ownership.ts'
import { nameOf, waitForVm } from './power-state.ts'
import { tryAgain } from './try-again.ts'
import type { VmContext } from './vm-context.ts'
import type { VmPower } from './vm-power.ts'

/** Who made a VM. `unfinished`: this plugin began to, and its process ended before the VM was complete. */
export type VmOrigin = 'ours' | 'unfinished' | 'foreign'

/** Makes VMs, and destroys those that it made. Callers have the VM's turn. */
export class VmMaker {
  readonly #context: VmContext
  readonly #power: VmPower
  readonly #ownership: Ownership

  constructor(power: VmPower, ownership: Ownership) {
    this.#context = power.context
    this.#power = power
    this.#ownership = ownership
  }

  /**
   * Makes a VM and marks it as this plugin's. A failure removes what this call made. `spec.id`: upper case; an
   * unfinished VM of that id is removed first. Throws OBJECT_CONFLICT where any other VM has the id or name.
   */
  async make(spec: VmSpec, call: Call): Promise<Vm> {
    const { id } = spec
    if (await this.find(id, call)) {
      if ((await this.originOf(id, call)) !== 'unfinished')
        throw new PowerbusError('OBJECT_CONFLICT', `VM ${id} exists already; choose another virtualbox/id`)
      await this.discard(id, call)
    }
    const networks = spec.networks ?? (await this.#context.hypervisor.networks?.(call))
    await this.#ownership.write(id, 'making')
    let made: Vm | undefined
    try {
      made = await this.#context.hypervisor.create({ ...spec, ...(networks && { networks }) }, call)
      await this.#ownership.mark(id, call)
      return made
    } catch (error) {
      // After these nothing was made. A create without an answer may have made the VM, which stays recorded as `making`.
      const isRefusal = hasCode(error, 'OBJECT_CONFLICT', 'PARAM_INVALID', 'TARGET_STATE')
      if (made) await this.#takeAway(made, call)
      else if (isRefusal) await this.#ownership.forget(id)
      throw error
    }
  }

  /** By the VM's mark, which is the last step of its making, or else by the recorded phase. */
  async originOf(id: string, call: Call): Promise<VmOrigin> {
    const phase = await this.#ownership.phase(id)
    if (await this.#ownership.isOurs(id, call)) {
      if (phase !== 'made') await this.#ownership.write(id, 'made')
      return 'ours'
    }
    return phase === 'making' ? 'unfinished' : 'foreign'
  }

  /** Records that a machine stands for a VM that this plugin did not make, so that no VM is ever made in its place. */
  async adopt(id: string): Promise<void> {
    const phase = await this.#ownership.phase(id)
    if (phase === undefined || phase === 'destroyed') await this.#ownership.write(id, 'adopted')
  }

  /** Removes an unfinished VM. Throws OBJECT_CONFLICT for one that is not off, since it is in use. */
  async discard(id: string, call: Call): Promise<void> {
    const vm = await this.#power.beforeEnd(id, call)
    if (!isOff(vm.state)) {
      const text = `VM ${nameOf(vm)} was left half made, and is ${vm.state} now; power it off and try again`
      throw new PowerbusError('OBJECT_CONFLICT', text)
    }
    this.#context.log.warn('a half-made VM is removed', { vm: nameOf(vm) })
    const { hypervisor } = this.#context
    await this.#whileLocked(call, () => hypervisor.discard?.(id, call) ?? hypervisor.destroy(id, call))
    await this.#ownership.forget(id)
  }

  /** Powers the VM off and deletes it with its disks. Throws OBJECT_CONFLICT for a VM that this plugin did not make. */
  async destroy(id: string, call: Call): Promise<void> {
    const vm = await this.#power.beforeEnd(id, call)
    await this.checkOurs(vm, call)
    if (!isOff(vm.state)) {
      await this.#context.hypervisor.powerOff(id, call)
      await waitForVm(this.#context, id, ({ state }) => isOff(state), call)
    }
    await this.#whileLocked(call, () => this.#context.hypervisor.destroy(id, call))
    await this.#ownership.write(id, 'destroyed')
  }

  /** Undefined for a VM that this plugin neither made nor adopted. */
  async phase(id: string): Promise<VmPhase | undefined> {
    return await this.#ownership.phase(id)
  }

  /** Throws OBJECT_CONFLICT for a VM that this plugin did not make. */
  async checkOurs(vm: Vm, call: Call): Promise<void> {
    if ((await this.originOf(vm.id, call)) !== 'foreign') return
    const text = `VM ${nameOf(vm)} was not made by this plugin, and is not destroyed: use VBoxManage unregistervm`
    throw new PowerbusError('OBJECT_CONFLICT', text)
  }

  /** Undefined where there is no such VM. */
  async find(id: string, call: Call): Promise<Vm | undefined> {
    return await unlessUnknown(this.#context.hypervisor.get(id, call))
  }

  async #takeAway(vm: Vm, call: Call): Promise<void> {
    try {
      await this.#whileLocked(call, () => this.#context.hypervisor.destroy(vm.id, call))
      await this.#ownership.forget(vm.id)
    } catch (error) {
      this.#context.log.error('a half-made VM could not be removed', { vm: vm.id, reason: String(error) })
    }
  }

  /**
   * Repeats while the VM is locked. OBJECT_UNKNOWN after a try without an answer means that the try has destroyed the
   * VM.
   */
  async #whileLocked(call: Call, destroy: () => Promise<void>): Promise<void> {
    const passes = ({ code }: PowerbusError) => code === 'TARGET_BUSY' || code === 'TARGET_TIMEOUT'
    const work = async (_: Call, tries: number) => await (tries === 0 ? destroy() : unlessUnknown(destroy()))
    await tryAgain(call, passes, work, this.#context.clock)
  }
}
