import type { Machine } from '@powerbus/drp'
import { type Call, readParamValues } from '@powerbus/plugin-sdk'
import type { Vm, VmListing, VmSpec } from '../hypervisor/vm.ts'
import { sizeOf, sizes } from '../params.ts'
import { type BmcPlace, namesVm, vmIdOf } from './vm-machines.ts'
import type { VmRemovalOptions } from './vm-removal.ts'

export interface VmPairsOptions extends VmRemovalOptions {
  /** Called when a VM was made for a machine. */
  readonly onMade: (vm: Vm) => void
}

/** Gives each VM its machine and its emulated BMC, and each machine its VM. Work on a VM runs in the VM's turn. */
export class VmPairs {
  readonly #options: VmPairsOptions

  constructor(options: VmPairsOptions) {
    this.#options = options
  }

  /** Pairs VMs with the machines that stand for them. `imports`: VMs without a machine get one. */
  async match(vms: readonly VmListing[], machines: readonly Machine[], imports: boolean, signal: AbortSignal) {
    const ofVm = new Map(machines.map((machine) => [vmIdOf(machine), machine]))
    await this.#options.complaints.each(
      vms,
      (vm) => vm,
      ({ id }) => this.#pair(id, ofVm.get(id), { imports }, signal),
    )
  }

  /**
   * Makes VMs for machines of this plugin that never had one. New BMCs get their places in the order of machine names.
   */
  async makeMissing(missing: readonly Machine[], signal: AbortSignal): Promise<void> {
    const { complaints, limits, turns } = this.#options
    const made: { readonly vm: Vm; readonly machine: Machine }[] = []
    await complaints.each(missing, vmNamedBy, async (machine) => {
      const id = vmIdOf(machine)
      const vm = await turns.run(id, () => this.#makeFor(machine, id, false, signal))
      if (vm) made.push({ vm, machine })
    })
    made.sort((a, b) => a.vm.name.localeCompare(b.vm.name, 'en', { numeric: true }))
    for (const { vm } of made) await this.#startBmc(vm, limits.look(signal))
    const machines = made.map(({ machine }) => machine)
    await complaints.each(machines, vmNamedBy, (machine) => this.ensure(machine, signal))
  }

  /**
   * Makes the VM of a machine of this plugin that never had one, and completes the machine of a VM. `isNew`: the
   * machine was just made, so that a VM which was destroyed with an earlier machine of its UUID is made again.
   */
  async ensure(machine: Machine, signal: AbortSignal, isNew = false): Promise<void> {
    await this.#pair(vmIdOf(machine), machine, { isNew }, signal)
  }

  /** Makes a VM with its BMC and its machine. */
  async create(spec: VmSpec, call: Call): Promise<{ vm: Vm; machine: Machine; place: BmcPlace | undefined }> {
    const { maker, machines, turns, onMade } = this.#options
    return await turns.run(spec.id, async () => {
      const vm = await maker.make(spec, call)
      const place = await this.#startBmc(vm, call)
      const machine = await machines.create({ vm, place, isOurs: true }, call.signal)
      onMade(vm)
      return { vm, machine, place }
    })
  }

  /** An unfinished VM without a machine is removed: its caller got no answer, or its machine is gone. */
  async #pair(
    id: string,
    machine: Machine | undefined,
    { isNew = false, imports = false }: { readonly isNew?: boolean; readonly imports?: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { maker, machines, complaints, limits, turns } = this.#options
    await turns.run(id, async () => {
      const first = limits.look(signal)
      const found = await maker.find(id, first)
      if (found?.state === 'inaccessible')
        return complaints.log('warn', id, 'the hypervisor cannot read a VM, which is left alone', { vm: id })
      const origin = found && (await maker.originOf(id, first))
      if (origin === 'unfinished' && !machine) return await maker.discard(id, limits.change(signal))
      const present = origin === 'unfinished' ? undefined : found
      const vm = present ?? (machine && (await this.#makeFor(machine, id, isNew, signal)))
      if (!vm) return
      const call = limits.look(signal)
      const place = await this.#startBmc(vm, call)
      const facts = { vm, place, isOurs: origin !== 'foreign' }
      if (machine ? machines.isForeign(machine) : !imports) return complaints.isWell(id)
      if (!facts.isOurs) await maker.adopt(id)
      if (machine) await machines.complete(machine, facts, call.signal)
      else await machines.create(facts, call.signal)
      complaints.isWell(id)
    })
  }

  /** Undefined where the machine is gone, is not this plugin's, or had a VM before. */
  async #makeFor(machine: Machine, id: string, isNew: boolean, signal: AbortSignal): Promise<Vm | undefined> {
    const { maker, machines, limits, log, onMade } = this.#options
    if (!machines.isOwn(machine)) return undefined
    const call = limits.change(signal)
    const phase = await maker.phase(id)
    const isOver = phase === 'made' || phase === 'adopted' || (phase === 'destroyed' && !isNew)
    // virtualbox/id is set on a machine when it has its VM.
    if (isOver || (phase === undefined && namesVm(machine))) {
      log.warn('the VM of a machine is gone, and is not made again', { machine: machine.Name, phase })
      return undefined
    }
    const params = await machines.params(machine.Uuid, call.signal)
    if (params === undefined) return undefined
    const vm = await maker.make({ ...sizeOf(readParamValues(sizes, params)), name: machine.Name, id }, call)
    onMade(vm)
    return vm
  }

  /** Undefined without emulated BMCs, and where this one cannot listen; that is logged. */
  async #startBmc(vm: Vm, call: Call): Promise<BmcPlace | undefined> {
    try {
      return await this.#options.rack?.start(vm, call)
    } catch (error) {
      this.#options.complaints.failure(vm, 'the emulated BMC of a VM could not start', error)
      return undefined
    }
  }
}

function vmNamedBy(machine: Machine): VmListing {
  return { id: vmIdOf(machine), name: machine.Name }
}
