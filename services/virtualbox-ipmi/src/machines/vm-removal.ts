import type { Machine } from '@powerbus/drp'
import { type Call, PowerbusError, wasProtected } from '@powerbus/plugin-sdk'
import type { BmcRack } from '../bmc/bmc-rack.ts'
import type { Complaints } from '../complaints.ts'
import type { VmListing } from '../hypervisor/vm.ts'
import type { VmContext } from '../vm/vm-context.ts'
import type { VmMaker } from '../vm/vm-maker.ts'
import type { DeletedMachines } from './deleted-machines.ts'
import type { VmLimits } from './vm-limits.ts'
import { type VmMachines, vmIdOf } from './vm-machines.ts'

export interface VmRemovalOptions extends VmContext {
  readonly maker: VmMaker
  readonly machines: VmMachines
  readonly rack: BmcRack | undefined
  readonly complaints: Complaints
  readonly limits: VmLimits
  readonly deletions: DeletedMachines
}

/** Destroys VMs with their emulated BMCs, each in the VM's turn, and only those that this plugin made. */
export class VmRemoval {
  readonly #options: VmRemovalOptions

  constructor(options: VmRemovalOptions) {
    this.#options = options
  }

  /** Throws OBJECT_CONFLICT for a VM that this plugin did not make. */
  async destroy(id: string, call: Call): Promise<void> {
    await this.#options.turns.run(id, () => this.#destroy(id, call))
  }

  /**
   * Destroys the VM of a machine that an event calls deleted, if the endpoint itself says that the machine is gone.
   * Without an answer of the endpoint or the hypervisor the VM stays; that is logged and thrown, and `lookAgain` asks
   * again.
   */
  async heardDeleted(machine: Machine, signal: AbortSignal): Promise<void> {
    const { machines, deletions, log } = this.#options
    try {
      if (!(await machines.get(machine.Uuid, signal))) await this.release(machine, signal)
    } catch (error) {
      if (!(error instanceof PowerbusError) || signal.aborted) throw error
      const facts = { machine: machine.Name, vm: vmIdOf(machine), reason: error.message }
      log.warn('the VM of a machine that an event calls deleted stays until that is confirmed', facts)
      await deletions.keep(machine)
      throw error
    }
    await deletions.settle(machine)
  }

  /** A machine that was made again: what was true of the earlier one does not count for it. */
  async heardCreated(machine: Machine): Promise<void> {
    await this.#options.deletions.forget(machine)
  }

  /** Asks again about machines whose deletion was not confirmed. A failure is logged. */
  async lookAgain(signal: AbortSignal): Promise<void> {
    const { complaints, deletions } = this.#options
    const vmOf = (machine: Machine) => ({ id: vmIdOf(machine), name: machine.Name })
    await complaints.each(await deletions.kept(), vmOf, (machine) => this.heardDeleted(machine, signal))
  }

  /** Destroys the VM of a machine that was deleted, unless there is a reason to keep it; that is logged. */
  async release(machine: Machine, signal: AbortSignal): Promise<void> {
    const { maker, rack, limits, turns, log } = this.#options
    const id = vmIdOf(machine)
    await turns.run(id, async () => {
      const call = limits.change(signal)
      const vm = await maker.find(id, call)
      if (!vm) return await rack?.remove(id)
      const reason = await this.#whyItStays(id, machine, call)
      if (reason === undefined) await this.#destroy(id, call)
      else log.warn('a machine was deleted, and its VM stays', { machine: machine.Name, vm: vm.name, reason })
    })
  }

  /**
   * Destroys VMs that no machine stands for and whose name a machine needs: the machine was deleted and made again
   * while this plugin was not running. `missing`: machines without a VM; one that had a VM before destroys none.
   * Returns the VMs' ids.
   */
  async destroyStrays(
    vms: readonly VmListing[],
    machines: readonly Machine[],
    missing: readonly Machine[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const { maker, complaints, limits, turns, log } = this.#options
    const stoodFor = new Set(machines.map(vmIdOf))
    const waiting = new Map(missing.map((machine) => [machine.Name, machine]))
    const strays = vms.filter(({ id, name }) => waiting.has(name) && !stoodFor.has(id))
    const gone = new Set<string>()
    await complaints.each(
      strays,
      (vm) => vm,
      async ({ id, name }) => {
        const machine = waiting.get(name)
        await turns.run(id, async () => {
          if (!machine || (await maker.phase(vmIdOf(machine))) !== undefined) return
          if ((await maker.originOf(id, limits.look(signal))) === 'foreign') return
          log.warn('a VM without a machine is destroyed: a new machine needs its name', { vm: id, machine: name })
          gone.add(id)
          await this.#destroy(id, limits.change(signal))
        })
      },
    )
    return gone
  }

  async #destroy(id: string, call: Call): Promise<void> {
    await this.#options.maker.destroy(id, call)
    await this.#options.rack?.remove(id)
  }

  /** Undefined where the VM goes with its machine. */
  async #whyItStays(id: string, machine: Machine, call: Call): Promise<string | undefined> {
    const { maker, machines, deletions } = this.#options
    if ((await maker.originOf(id, call)) === 'foreign') return 'this plugin did not make it'
    if (id !== machine.Uuid.toUpperCase()) return 'it was made for another machine'
    const other = (await machines.ofVm(id, call.signal)).find(({ Uuid }) => Uuid !== machine.Uuid)
    if (other) return `machine ${other.Name} stands for it too`
    const isProtected =
      (await deletions.wasProtected(machine)) ||
      (await wasProtected(machine, (profile) => machines.profileParams(profile, call.signal)))
    if (!isProtected) return undefined
    await deletions.keepProtected(machine)
    return 'power/protected was true'
  }
}
