import { type Endpoint, type Logger, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { endsWithin, KeyedQueue, pause, unlessAborted } from '@powerbus/turns'
import { BmcRack } from './bmc/bmc-rack.ts'
import { Complaints } from './complaints.ts'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import type { Vm } from './hypervisor/vm.ts'
import { DeletedMachines } from './machines/deleted-machines.ts'
import { type VmLimits, vmLimits } from './machines/vm-limits.ts'
import { VmMachines, vmIdOf } from './machines/vm-machines.ts'
import { VmPairs } from './machines/vm-pairs.ts'
import { VmRemoval } from './machines/vm-removal.ts'
import type { Settings } from './settings.ts'
import { Ownership } from './vm/ownership.ts'
import type { VmContext } from './vm/vm-context.ts'
import { VmMaker } from './vm/vm-maker.ts'
import { VmPower } from './vm/vm-power.ts'

const START_MS = 60_000
const LIST_MS = 15_000
/** Pause between two looks for new and removed VMs, and for machines whose deletion is not confirmed. */
const WATCH_MS = 30_000
/** Least limit of a call to the hypervisor during a config. */
const LEAST_MS = 5_000
/** Limit of running work when the plugin ends. The next start finishes open cycles. */
const DRAIN_MS = 3_000

export interface VmHostOptions {
  /** Name of the plugin object. */
  readonly name: string
  readonly settings: Settings
  readonly hypervisor: Hypervisor
  readonly endpoint: Pick<Endpoint, 'api'>
  readonly state: () => Promise<Store>
  readonly log: Logger
  /** Limit of a look at one VM in milliseconds; 12 000 where absent. */
  readonly lookMs?: number | undefined
}

/** A configured plugin: its VMs, their machines and their emulated BMCs. */
export class VmHost {
  readonly hypervisor: Hypervisor
  readonly power: VmPower
  readonly maker: VmMaker
  readonly machines: VmMachines
  readonly pairs: VmPairs
  readonly removal: VmRemoval
  readonly rack: BmcRack | undefined
  readonly #options: VmHostOptions
  readonly #context: VmContext
  readonly #end = new AbortController()
  readonly #limits: VmLimits

  constructor(options: VmHostOptions) {
    const { name, settings, hypervisor, endpoint, state, log, lookMs } = options
    const { signal } = this.#end
    const context = { hypervisor, turns: new KeyedQueue(), state, signal, log, clock: systemClock }
    this.#options = options
    this.#context = context
    this.hypervisor = hypervisor
    this.power = new VmPower(context, (id) => this.rack?.started(id))
    this.maker = new VmMaker(this.power, new Ownership(context, name))
    const { bmc, poweredBy } = settings
    this.machines = new VmMachines({ api: () => endpoint.api(), plugin: name, poweredBy, bmc })
    this.rack = bmc && new BmcRack(this.power, bmc)
    const { maker, machines, rack } = this
    this.#limits = vmLimits(signal, lookMs)
    const limits = this.#limits
    const [complaints, deletions] = [new Complaints(context), new DeletedMachines(context)]
    const shared = { ...context, maker, machines, rack, complaints, limits, deletions }
    this.pairs = new VmPairs({ ...shared, onMade: (vm) => this.#startCreated(vm) })
    this.removal = new VmRemoval(shared)
  }

  /**
   * Checks the hypervisor, finishes open cycles, and pairs VMs, machines and BMCs. Work that is not done at `endMs` (on
   * the monotonic clock) goes on in the background. Throws TARGET_STATE where the hypervisor cannot be used.
   */
  async begin(signal: AbortSignal, endMs: number): Promise<void> {
    const { log } = this.#options
    const timeoutMs = Math.max(LEAST_MS, Math.min(LIST_MS, endMs - systemClock.nowMs()))
    const version = await this.hypervisor.version(this.#limits.call(signal, timeoutMs)).catch((cause: unknown) => {
      if (!(cause instanceof PowerbusError)) throw cause
      const text = `${this.hypervisor.name} cannot be used; check virtualbox/command and virtualbox/user: ${cause.message}`
      throw new PowerbusError('TARGET_STATE', text, { cause })
    })
    log.info('hypervisor found', { hypervisor: this.hypervisor.name, version })
    const together = this.#finishAndMatch()
    const leftMs = Math.max(0, endMs - systemClock.nowMs())
    if (!(await endsWithin(unlessAborted(together, signal), leftMs))) {
      log.warn('some VMs do not answer; the plugin starts without waiting for them')
      together.catch((error: unknown) => {
        if (!this.#end.signal.aborted) log.error('VMs and machines could not be paired', { reason: String(error) })
      })
    }
    void this.#watch()
  }

  /**
   * Gives every VM its BMC, every machine of this plugin its VM, and, if `imports`, every VM its machine. Logs a
   * failure at one VM and goes on with the others.
   */
  async bringTogether(imports: boolean, signal: AbortSignal): Promise<void> {
    const { log } = this.#options
    const [{ vms, problems }, machines] = await Promise.all([
      this.hypervisor.list(this.#limits.call(signal, LIST_MS)),
      this.machines.list(signal),
    ])
    for (const problem of problems) log.warn('part of the list of VMs cannot be read', { problem })
    const known = new Set(vms.map(({ id }) => id))
    const missing = machines.filter((machine) => this.machines.isOwn(machine) && !known.has(vmIdOf(machine)))
    // A VM of VirtualBox may hold somebody's work; nothing runs in a VM that is a file.
    const isFile = this.hypervisor.name === 'file'
    const gone = isFile ? await this.removal.destroyStrays(vms, machines, missing, signal) : new Set()
    const left = vms.filter(({ id }) => !gone.has(id))
    await this.pairs.match(left, machines, imports, signal)
    await this.pairs.makeMissing(missing, signal)
  }

  async close(): Promise<void> {
    await Promise.all([this.rack?.close(), endsWithin(this.#context.turns.idle(), DRAIN_MS)])
    this.#end.abort(new PowerbusError('SHUTTING_DOWN', 'the plugin ends'))
    await this.hypervisor.close()
  }

  /** Starts BMCs for new VMs and completes their machines; stops the BMCs of VMs that are gone. Logs failures. */
  async matchBmcs(rack: BmcRack): Promise<void> {
    const { hypervisor, signal, log } = this.#context
    const call = { signal, timeoutMs: LIST_MS }
    try {
      const { vms, problems } = await hypervisor.list(call)
      const known = new Set(vms.map(({ id }) => id))
      // A VM may be missing from a list that cannot be read in full, so that no BMC is stopped by it.
      const gone = problems.length > 0 ? [] : rack.ids.filter((id) => !known.has(id))
      for (const id of gone) if (!(await this.maker.find(id, call))) await rack.remove(id)
      const fresh = vms.filter(({ id }) => !rack.ids.includes(id))
      if (fresh.length > 0) await this.pairs.match(fresh, await this.machines.list(signal), false, signal)
    } catch (error) {
      if (!signal.aborted) log.warn('the look for new and removed VMs failed', { reason: String(error) })
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#context
    for (;;) {
      await pause(WATCH_MS, signal)
      if (signal.aborted) return
      await this.lookAgain()
      if (this.rack) await this.matchBmcs(this.rack)
    }
  }

  /** Asks again about machines whose deletion the endpoint has not confirmed. Logs failures. */
  async lookAgain(): Promise<void> {
    const { signal, log } = this.#context
    try {
      await this.removal.lookAgain(signal)
    } catch (error) {
      if (!signal.aborted) log.warn('the look for deleted machines failed', { reason: String(error) })
    }
  }

  /** Side by side, so that a VM that does not answer does not keep the others from their machines. */
  async #finishAndMatch(): Promise<void> {
    await Promise.all([this.power.recover(), this.bringTogether(this.#options.settings.importVms, this.#end.signal)])
  }

  /** In the background. */
  #startCreated(vm: Vm): void {
    if (!this.#options.settings.startCreated) return
    this.power.on(vm.id, { signal: this.#end.signal, timeoutMs: START_MS }).catch((error: unknown) => {
      this.#options.log.error('a new VM could not be started', { vm: vm.name, reason: String(error) })
    })
  }
}
