import type { JsonObject, Machine } from '@powerbus/drp'
import { type Call, type Endpoint, type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { BmcRack } from './bmc/bmc-rack.ts'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import type { Vm, VmListing } from './hypervisor/vm.ts'
import { type BmcPlace, VmMachines, vmIdOf } from './machines/vm-machines.ts'
import { sizesOf } from './machines/vm-spec.ts'
import type { Settings } from './settings.ts'
import { Ownership } from './vm/ownership.ts'
import { VmMaker } from './vm/vm-maker.ts'
import { VmPower } from './vm/vm-power.ts'
import { VmTurns } from './vm/vm-turns.ts'

/** For one VM, from its making to its machine. */
const VM_MS = 60_000
const LIST_MS = 30_000
const WATCH_MS = 30_000
/** VMs that are looked at at one time. */
const CONCURRENCY = 8

export interface VmHostOptions {
  /** Name of the plugin object. */
  readonly name: string
  readonly settings: Settings
  readonly hypervisor: Hypervisor
  readonly endpoint: Endpoint
  readonly state: () => Promise<Store>
  readonly log: Logger
}

/** One configured plugin: its VMs, their machines and their emulated BMCs. */
export class VmHost {
  readonly name: string
  readonly settings: Settings
  readonly hypervisor: Hypervisor
  readonly power: VmPower
  readonly maker: VmMaker
  readonly machines: VmMachines
  readonly rack: BmcRack | undefined
  readonly #options: VmHostOptions
  readonly #end = new AbortController()
  /** What is done about one VM and its machine, one thing at a time. */
  readonly #turns = new VmTurns()
  #watch: NodeJS.Timeout | undefined

  constructor(options: VmHostOptions) {
    const { name, settings, hypervisor, endpoint, state, log } = options
    const { signal } = this.#end
    this.#options = options
    this.name = name
    this.settings = settings
    this.hypervisor = hypervisor
    const onStarted = (id: string) => this.rack?.started(id)
    this.power = new VmPower({ hypervisor, turns: new VmTurns(), state, signal, log, onStarted })
    this.maker = new VmMaker(this.power, new Ownership(hypervisor, state, name), log)
    const { bmc, poweredBy } = settings
    this.machines = new VmMachines({ api: () => endpoint.api(), plugin: name, poweredBy, bmc })
    this.rack = bmc && new BmcRack({ settings: bmc, power: this.power, state, log })
  }

  /**
   * What a start of the plugin does: checks the hypervisor, finishes what was left half done, and brings VMs, machines and BMCs together. Throws
   * TARGET_STATE where the hypervisor cannot be used.
   */
  async begin(signal: AbortSignal): Promise<void> {
    const call = this.#call(signal, LIST_MS)
    const version = await this.hypervisor.version(call).catch((cause: unknown) => {
      if (!(cause instanceof PowerbusError)) throw cause
      const text = `${this.hypervisor.name} cannot be used (virtualbox/command, virtualbox/user): ${cause.message}`
      throw new PowerbusError('TARGET_STATE', text, { cause })
    })
    this.#options.log.info('hypervisor found', { hypervisor: this.hypervisor.name, version })
    await this.power.recover()
    await this.bringTogether(this.settings.importVms, signal)
    if (!this.rack) return
    this.#watch = setInterval(() => void this.#lookAgain(), WATCH_MS)
    this.#watch.unref()
  }

  /**
   * Every VM gets its BMC, every machine of this plugin its VM, and, where `imports`, every VM its machine. Nothing is destroyed, and
   * what fails for one VM is logged and keeps no other from it.
   */
  async bringTogether(imports: boolean, signal: AbortSignal): Promise<void> {
    const [{ vms, problems }, machines] = await Promise.all([
      this.hypervisor.list(this.#call(signal, LIST_MS)),
      this.machines.list(signal),
    ])
    for (const problem of problems) this.#options.log.warn('the list of VMs has something unreadable', { problem })
    const ofVm = new Map(machines.map((machine) => [vmIdOf(machine), machine]))
    await this.#each(vms, async (listing) => {
      const machine = ofVm.get(listing.id)
      if (machine) await this.ensure(machine, signal)
      else await this.#adopt(listing, imports, signal)
    })
    const known = new Set(vms.map(({ id }) => id))
    const missing = machines.filter((machine) => this.machines.isOwn(machine) && !known.has(vmIdOf(machine)))
    await this.#makeMissing(missing, signal)
  }

  /**
   * A machine of this plugin gets its VM, if it never had one; one that has a VM gets what it lacks of it. `isNew`: the machine was just made, so
   * that a VM which was destroyed with an earlier machine of that UUID is made again.
   */
  async ensure(machine: Machine, signal: AbortSignal, isNew = false): Promise<void> {
    const id = vmIdOf(machine)
    await this.#turns.run(id, async () => {
      const call = this.#call(signal, VM_MS)
      const present = await this.maker.find(id, call)
      const vm = present ?? (await this.#makeFor(machine, id, isNew, call))
      if (!vm) return
      const place = await this.#startBmc(vm, call)
      if (this.machines.isForeign(machine)) return
      await this.machines.complete(machine, vm, place, await this.maker.isOurs(id, call), signal)
    })
  }

  /** A machine of this plugin is gone: its VM goes too, if this plugin made it. */
  async release(machine: { readonly Uuid: string; readonly Params: JsonObject }, signal: AbortSignal): Promise<void> {
    const id = vmIdOf(machine)
    await this.#turns.run(id, async () => {
      const call = this.#call(signal, VM_MS)
      const vm = await this.maker.find(id, call)
      if (!vm) await this.rack?.remove(id)
      else if (await this.maker.isOurs(id, call)) await this.#destroy(id, call)
      else this.#options.log.info('the machine is gone, and its VM stays: this plugin did not make it', { vm: vm.name })
    })
  }

  /** Makes a VM with its BMC and its machine. */
  async create(
    spec: Parameters<VmMaker['make']>[0],
    call: Call,
  ): Promise<{ vm: Vm; machine: Machine; place?: BmcPlace }> {
    const vm = await this.maker.make(spec, call)
    return await this.#turns.run(vm.id, async () => {
      const place = await this.#startBmc(vm, call)
      const machine = await this.machines.create(vm, place, true, call.signal)
      this.#startCreated(vm)
      return { vm, machine, ...(place && { place }) }
    })
  }

  /** Throws OBJECT_CONFLICT for a VM that this plugin did not make. */
  async destroy(id: string, call: Call): Promise<void> {
    await this.#turns.run(id, () => this.#destroy(id, call))
  }

  async close(): Promise<void> {
    clearInterval(this.#watch)
    await this.rack?.close()
    // A cycle that is between off and on is finished if that is a matter of seconds; after that the next start finishes it.
    await Promise.race([this.power.idle(), new Promise((resolve) => setTimeout(resolve, 3000).unref())])
    this.#end.abort(new PowerbusError('SHUTTING_DOWN', 'the plugin ends'))
    await this.hypervisor.close()
  }

  async #destroy(id: string, call: Call): Promise<void> {
    await this.maker.destroy(id, call)
    await this.rack?.remove(id)
  }

  /** Undefined where the machine is gone, or had a VM once. */
  async #makeFor(machine: Machine, id: string, isNew: boolean, call: Call): Promise<Vm | undefined> {
    const { log } = this.#options
    const phase = await this.maker.phase(id)
    if (phase === 'made' || (phase === 'destroyed' && !isNew)) {
      log.warn('a machine has no VM any more, and gets no new one by itself', { machine: machine.Name, phase })
      return undefined
    }
    const params = await this.machines.params(machine.Uuid, call.signal)
    if (params === undefined) return undefined
    const vm = await this.maker.make({ ...sizesOf(params), name: machine.Name, id }, call)
    this.#startCreated(vm)
    return vm
  }

  /** VMs are made at once; new BMCs get their places in the order of the machines' names. */
  async #makeMissing(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const made: Vm[] = []
    await this.#each(machines, async (machine) => {
      const id = vmIdOf(machine)
      const call = this.#call(signal, VM_MS)
      const vm = await this.#turns.run(id, () => this.#makeFor(machine, id, false, call))
      if (vm) made.push(vm)
    })
    const inOrder = made.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    for (const vm of inOrder) await this.#startBmc(vm, this.#call(signal, VM_MS))
    const makesOne = new Set(made.map(({ id }) => id))
    await this.#each(
      machines.filter((machine) => makesOne.has(vmIdOf(machine))),
      (machine) => this.ensure(machine, signal),
    )
  }

  /** Nobody waits for it: it takes as long as it takes. */
  #startCreated(vm: Vm): void {
    if (!this.settings.startCreated) return
    const call = { signal: this.#end.signal, timeoutMs: VM_MS }
    this.power.on(vm.id, call).catch((error: unknown) => {
      this.#options.log.error('a new VM could not be started', { vm: vm.name, reason: String(error) })
    })
  }

  /** A VM that has no machine. */
  async #adopt({ id }: VmListing, imports: boolean, signal: AbortSignal): Promise<void> {
    await this.#turns.run(id, async () => {
      const call = this.#call(signal, VM_MS)
      const vm = await this.hypervisor.get(id, call)
      if (vm.state === 'inaccessible') {
        this.#options.log.warn('a VM cannot be read, and gets no machine', { vm: id })
        return
      }
      const place = await this.#startBmc(vm, call)
      if (imports) await this.machines.create(vm, place, await this.maker.isOurs(id, call), signal)
    })
  }

  async #startBmc(vm: Vm, call: Call): Promise<BmcPlace | undefined> {
    try {
      return await this.rack?.start(vm, call)
    } catch (error) {
      this.#options.log.error('a VM has no emulated BMC', { vm: vm.name, reason: String(error) })
      return undefined
    }
  }

  /** VMs that came since get BMCs, and the BMCs of those that went are stopped; a list with something unreadable stops none. */
  async #lookAgain(): Promise<void> {
    const { rack } = this
    if (!rack) return
    const call = this.#call(this.#end.signal, LIST_MS)
    try {
      const { vms, problems } = await this.hypervisor.list(call)
      const known = new Set(vms.map(({ id }) => id))
      if (problems.length === 0) {
        for (const id of rack.ids) if (!known.has(id) && !(await this.maker.find(id, call))) await rack.remove(id)
      }
      const fresh = vms.filter(({ id }) => !rack.ids.includes(id))
      await this.#each(fresh, async ({ id }) => {
        await this.#turns.run(id, async () => void (await this.#startBmc(await this.hypervisor.get(id, call), call)))
      })
    } catch (error) {
      if (!this.#end.signal.aborted) this.#options.log.warn('the VMs could not be listed', { reason: String(error) })
    }
  }

  async #each<T extends VmListing | Machine>(objects: readonly T[], work: (object: T) => Promise<void>): Promise<void> {
    const left = [...objects]
    const worker = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        await work(next).catch((error: unknown) => {
          const object = 'Uuid' in next ? next.Name : next.id
          this.#options.log.error('something could not be done about a VM', { object, reason: String(error) })
        })
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  }

  #call(signal: AbortSignal, timeoutMs: number): Call {
    return { signal: AbortSignal.any([signal, this.#end.signal]), timeoutMs }
  }
}
