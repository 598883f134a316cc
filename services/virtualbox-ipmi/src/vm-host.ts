import { type Endpoint, type Logger, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { endsWithin, KeyedQueue, unlessAborted } from '@powerbus/turns'
import { BmcRack } from './bmc/bmc-rack.ts'
import { BmcWatch } from './bmc/bmc-watch.ts'
import { Complaints } from './complaints.ts'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import type { Vm } from './hypervisor/vm.ts'
import { VmLimits } from './machines/vm-limits.ts'
import { VmMachines, vmIdOf } from './machines/vm-machines.ts'
import { VmPairs } from './machines/vm-pairs.ts'
import { VmRemoval } from './machines/vm-removal.ts'
import type { Settings } from './settings.ts'
import { Ownership } from './vm/ownership.ts'
import { VmMaker } from './vm/vm-maker.ts'
import { VmPower } from './vm/vm-power.ts'

const START_MS = 60_000
const LIST_MS = 15_000
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
  /** Actions, BMCs, events and looks all wait here for their turn at a VM. */
  readonly #turns = new KeyedQueue()
  readonly #end = new AbortController()
  readonly #limits: VmLimits
  readonly #watch: BmcWatch | undefined

  constructor(options: VmHostOptions) {
    const { name, settings, hypervisor, endpoint, state, log, lookMs } = options
    const { signal } = this.#end
    this.#options = options
    this.hypervisor = hypervisor
    const onStarted = (id: string) => this.rack?.started(id)
    const turns = this.#turns
    this.power = new VmPower({ hypervisor, turns, state, signal, log, onStarted })
    this.maker = new VmMaker(this.power, new Ownership(hypervisor, state, name), log)
    const { bmc, poweredBy } = settings
    this.machines = new VmMachines({ api: () => endpoint.api(), plugin: name, poweredBy, bmc })
    this.rack = bmc && new BmcRack({ settings: bmc, power: this.power, state, log })
    const { maker, machines, rack } = this
    this.#limits = new VmLimits(signal, lookMs)
    const complaints = new Complaints(log, signal)
    const shared = { maker, turns, machines, rack, complaints, limits: this.#limits, log }
    this.pairs = new VmPairs({ ...shared, onMade: (vm) => this.#startCreated(vm) })
    this.removal = new VmRemoval(shared)
    this.#watch = rack && new BmcWatch({ hypervisor, machines, pairs: this.pairs, rack, log, signal })
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
    this.#watch?.begin()
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
    this.#watch?.end()
    await Promise.all([this.rack?.close(), endsWithin(this.#turns.idle(), DRAIN_MS)])
    this.#end.abort(new PowerbusError('SHUTTING_DOWN', 'the plugin ends'))
    await this.hypervisor.close()
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
