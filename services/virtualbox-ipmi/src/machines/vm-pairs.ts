import type { Machine } from '@powerbus/drp'
import { type Call, type Logger, PowerbusError, type RemovedMachine, wasProtected } from '@powerbus/plugin-sdk'
import type { KeyedQueue } from '@powerbus/turns'
import type { BmcRack } from '../bmc/bmc-rack.ts'
import type { Complaints } from '../complaints.ts'
import { eachAtOnce } from '../each-at-once.ts'
import type { Vm, VmListing, VmSpec } from '../hypervisor/vm.ts'
import type { VmMaker } from '../vm/vm-maker.ts'
import type { Stray } from './strays.ts'
import { type BmcPlace, namesVm, type VmMachines, vmIdOf } from './vm-machines.ts'
import { sizesOf } from './vm-spec.ts'

/** For the making or the destruction of one VM: a disk takes its time. */
const VM_MS = 60_000
/** For a look at one VM, with its BMC and its machine. */
const LOOK_MS = 12_000
/** VMs that are looked at at one time. */
const CONCURRENCY = 8

/** A machine as the event of its end tells of it. */
export interface EventMachine extends RemovedMachine {
  readonly Uuid: string
  readonly Name: string
}

export interface VmPairsOptions {
  readonly maker: VmMaker
  /** The VMs' turns, by id. */
  readonly turns: KeyedQueue
  readonly machines: VmMachines
  readonly rack: BmcRack | undefined
  readonly complaints: Complaints
  readonly log: Logger
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  /** A VM was made for a machine. */
  readonly onMade: (vm: Vm) => void
  /** In milliseconds; 12 000 where absent. */
  readonly lookMs?: number | undefined
}

/** Each VM with its machine and its emulated BMC. What is done about a VM has its turn. */
export class VmPairs {
  readonly #options: VmPairsOptions

  constructor(options: VmPairsOptions) {
    this.#options = options
  }

  /** VMs with the machines that stand for them. What fails for one is told of, and keeps no other from it. */
  async match(vms: readonly VmListing[], machines: readonly Machine[], imports: boolean, signal: AbortSignal) {
    const ofVm = new Map(machines.map((machine) => [vmIdOf(machine), machine]))
    await this.#each(vms, async (listing) => {
      const machine = ofVm.get(listing.id)
      if (machine) await this.ensure(machine, signal)
      else await this.#adopt(listing, imports, signal)
    })
  }

  /** Those of them that this plugin made go, where their machines never had a VM. Gives their ids. */
  async destroyStrays(strays: readonly Stray[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { maker, log } = this.#options
    const gone = new Set<string>()
    await this.#each(strays, async ({ id, machine }) => {
      await this.#options.turns.run(id, async () => {
        if ((await maker.phase(vmIdOf(machine))) !== undefined) return
        if ((await maker.originOf(id, this.#look(signal))) === 'foreign') return
        log.warn('a VM without a machine makes way for a new one of its name', { vm: id, machine: machine.Name })
        gone.add(id)
        await this.#destroy(id, this.#call(signal))
      })
    })
    return gone
  }

  /** VMs for machines of this plugin that never had one. They are made at once; new BMCs get their places in the order of the machines' names. */
  async makeMissing(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const made: { readonly vm: Vm; readonly machine: Machine }[] = []
    await this.#each(machines, async (machine) => {
      const id = vmIdOf(machine)
      const vm = await this.#options.turns.run(id, () => this.#makeFor(machine, id, false, signal))
      if (vm) made.push({ vm, machine })
    })
    const inOrder = made.sort((a, b) => a.vm.name.localeCompare(b.vm.name, 'en', { numeric: true }))
    for (const { vm } of inOrder) await this.#startBmc(vm, this.#look(signal))
    await this.#each(
      inOrder.map(({ machine }) => machine),
      (machine) => this.ensure(machine, signal),
    )
  }

  /**
   * A machine of this plugin gets its VM, if it never had one; one that has a VM gets what it lacks of it. `isNew`: the machine was just made, so
   * that a VM which was destroyed with an earlier machine of that UUID is made again.
   */
  async ensure(machine: Machine, signal: AbortSignal, isNew = false): Promise<void> {
    const { maker, machines } = this.#options
    const id = vmIdOf(machine)
    await this.#options.turns.run(id, async () => {
      const vm = (await this.#present(id, signal)) ?? (await this.#makeFor(machine, id, isNew, signal))
      if (!vm || this.#isUnreadable(vm)) return
      const call = this.#look(signal)
      const place = await this.#startBmc(vm, call)
      if (machines.isForeign(machine)) return
      const isOurs = (await maker.originOf(id, call)) === 'ours'
      if (!isOurs) await maker.adopt(id)
      await machines.complete(machine, vm, place, isOurs, call.signal)
      this.#options.complaints.isWell(id)
    })
  }

  /** A machine of this plugin is gone: its VM goes too, if this plugin made it, and nothing speaks against it. */
  async release(machine: EventMachine, signal: AbortSignal): Promise<void> {
    const { maker, rack, log } = this.#options
    const id = vmIdOf(machine)
    await this.#options.turns.run(id, async () => {
      const call = this.#call(signal)
      const vm = await maker.find(id, call)
      if (!vm) {
        await rack?.remove(id)
        return
      }
      const reason = await this.#whyItStays(id, machine, call)
      if (reason === undefined) await this.#destroy(id, call)
      else log.warn('a machine is gone, and its VM stays', { machine: machine.Name, vm: vm.name, reason })
    })
  }

  /** Makes a VM with its BMC and its machine. */
  async create(
    spec: VmSpec & { readonly id: string },
    call: Call,
  ): Promise<{ vm: Vm; machine: Machine; place?: BmcPlace }> {
    const { maker, machines, onMade } = this.#options
    return await this.#options.turns.run(spec.id, async () => {
      const vm = await maker.make(spec, call)
      const place = await this.#startBmc(vm, call)
      const machine = await machines.create(vm, place, true, call.signal)
      onMade(vm)
      return { vm, machine, ...(place && { place }) }
    })
  }

  /** Throws OBJECT_CONFLICT for a VM that this plugin did not make. */
  async destroy(id: string, call: Call): Promise<void> {
    await this.#options.turns.run(id, () => this.#destroy(id, call))
  }

  async #destroy(id: string, call: Call): Promise<void> {
    await this.#options.maker.destroy(id, call)
    await this.#options.rack?.remove(id)
  }

  /** The VM of that id, unless there is none that is whole. */
  async #present(id: string, signal: AbortSignal): Promise<Vm | undefined> {
    const { maker } = this.#options
    const call = this.#look(signal)
    const vm = await maker.find(id, call)
    if (!vm || vm.state === 'inaccessible') return vm
    return (await maker.originOf(id, call)) === 'unfinished' ? undefined : vm
  }

  /** Undefined where the machine is gone, is not this plugin's, or had a VM once. */
  async #makeFor(machine: Machine, id: string, isNew: boolean, signal: AbortSignal): Promise<Vm | undefined> {
    const { maker, machines, log, onMade } = this.#options
    if (!machines.isOwn(machine)) return undefined
    const call = this.#call(signal)
    const phase = await maker.phase(id)
    const isOver = phase === 'made' || phase === 'adopted' || (phase === 'destroyed' && !isNew)
    // A machine gets virtualbox/id when it has its VM.
    if (isOver || (phase === undefined && namesVm(machine))) {
      log.warn('a machine has no VM any more, and gets no new one by itself', { machine: machine.Name, phase })
      return undefined
    }
    const params = await machines.params(machine.Uuid, call.signal)
    if (params === undefined) return undefined
    const vm = await maker.make({ ...sizesOf(params), name: machine.Name, id }, call)
    onMade(vm)
    return vm
  }

  /** A VM that has no machine. */
  async #adopt({ id }: VmListing, imports: boolean, signal: AbortSignal): Promise<void> {
    const { maker, machines, complaints } = this.#options
    await this.#options.turns.run(id, async () => {
      const call = this.#look(signal)
      const vm = await maker.find(id, call)
      if (!vm || this.#isUnreadable(vm)) return
      const origin = await maker.originOf(id, call)
      // Nobody waits for it any more: whoever asked for it got no answer, or its machine was deleted.
      if (origin === 'unfinished') return await maker.discard(id, this.#call(signal))
      const place = await this.#startBmc(vm, call)
      if (imports) {
        if (origin === 'foreign') await maker.adopt(id)
        await machines.create(vm, place, origin === 'ours', call.signal)
      }
      complaints.isWell(id)
    })
  }

  /** In words; undefined where the VM goes with its machine. */
  async #whyItStays(id: string, machine: EventMachine, { signal, timeoutMs }: Call): Promise<string | undefined> {
    const { maker, machines } = this.#options
    if ((await maker.originOf(id, { signal, timeoutMs })) === 'foreign') return 'this plugin did not make it'
    const other = (await machines.ofVm(id, signal)).find(({ Uuid }) => Uuid !== machine.Uuid)
    if (other) return `machine ${other.Name} stands for it too`
    const isProtected = await wasProtected(machine, (profile) => machines.profileParams(profile, signal))
    return isProtected ? 'power/protected was true' : undefined
  }

  #isUnreadable({ id, state }: Vm): boolean {
    if (state !== 'inaccessible') return false
    this.#options.complaints.tell('warn', id, 'a VM cannot be read, and is left as it is', { vm: id })
    return true
  }

  async #startBmc(vm: Vm, call: Call): Promise<BmcPlace | undefined> {
    try {
      return await this.#options.rack?.start(vm, call)
    } catch (error) {
      this.#complain(vm.id, 'a VM has no emulated BMC', vm.name, error)
      return undefined
    }
  }

  async #each<T extends VmListing | Machine>(objects: readonly T[], work: (object: T) => Promise<void>): Promise<void> {
    await eachAtOnce(objects, CONCURRENCY, work, (object, error) => {
      const [id, name] = 'Uuid' in object ? [vmIdOf(object), object.Name] : [object.id, object.name || object.id]
      this.#complain(id, 'something could not be done about a VM', name, error)
    })
  }

  #complain(id: string, message: string, vm: string, error: unknown): void {
    const { complaints, signal } = this.#options
    if (signal.aborted) return
    const reason = error instanceof PowerbusError ? error.message : String(error)
    complaints.tell('error', id, message, { vm, reason })
  }

  /** The limits of a look as a whole: one VM that does not answer must not hold up the others for long. */
  #look(signal: AbortSignal): Call {
    const lookMs = this.#options.lookMs ?? LOOK_MS
    return { signal: AbortSignal.any([signal, this.#options.signal, AbortSignal.timeout(lookMs)]), timeoutMs: lookMs }
  }

  #call(signal: AbortSignal): Call {
    return { signal: AbortSignal.any([signal, this.#options.signal]), timeoutMs: VM_MS }
  }
}
