import { type Call, type Endpoint, type Logger, PowerbusError, systemClock } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { endsWithin, KeyedQueue, unlessAborted } from '@powerbus/turns'
import { BmcRack } from './bmc/bmc-rack.ts'
import { BmcWatch } from './bmc/bmc-watch.ts'
import { Complaints } from './complaints.ts'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import type { Vm } from './hypervisor/vm.ts'
import { straysOf } from './machines/strays.ts'
import { VmMachines, vmIdOf } from './machines/vm-machines.ts'
import { VmPairs } from './machines/vm-pairs.ts'
import type { Settings } from './settings.ts'
import { Ownership } from './vm/ownership.ts'
import { VmMaker } from './vm/vm-maker.ts'
import { VmPower } from './vm/vm-power.ts'

const START_MS = 60_000
const LIST_MS = 15_000
/** What a question of a config has at least, however late it is. */
const LEAST_MS = 5_000
/** What is under way when the plugin ends has so long; the next start finishes cycles that are not done. */
const DRAIN_MS = 3_000

export interface VmHostOptions {
  /** Name of the plugin object. */
  readonly name: string
  readonly settings: Settings
  readonly hypervisor: Hypervisor
  readonly endpoint: Pick<Endpoint, 'api'>
  readonly state: () => Promise<Store>
  readonly log: Logger
  /** How long a look at one VM may take, in milliseconds; 12 000 where absent. */
  readonly lookMs?: number
}

/** One configured plugin: its VMs, their machines and their emulated BMCs. */
export class VmHost {
  readonly name: string
  readonly settings: Settings
  readonly hypervisor: Hypervisor
  readonly power: VmPower
  readonly maker: VmMaker
  readonly machines: VmMachines
  readonly pairs: VmPairs
  readonly rack: BmcRack | undefined
  readonly #options: VmHostOptions
  /** The one place in which what is done to a VM waits for what is done to it already: by actions, BMCs, events, looks. */
  readonly #turns = new KeyedQueue()
  readonly #end = new AbortController()
  readonly #watch: BmcWatch | undefined

  constructor(options: VmHostOptions) {
    const { name, settings, hypervisor, endpoint, state, log, lookMs } = options
    const { signal } = this.#end
    this.#options = options
    this.name = name
    this.settings = settings
    this.hypervisor = hypervisor
    const onStarted = (id: string) => this.rack?.started(id)
    const turns = this.#turns
    this.power = new VmPower({ hypervisor, turns, state, signal, log, onStarted })
    this.maker = new VmMaker(this.power, new Ownership(hypervisor, state, name), log)
    const { bmc, poweredBy } = settings
    this.machines = new VmMachines({ api: () => endpoint.api(), plugin: name, poweredBy, bmc })
    this.rack = bmc && new BmcRack({ settings: bmc, power: this.power, state, log })
    const { maker, machines, rack } = this
    const complaints = new Complaints(log)
    const onMade = (vm: Vm) => this.#startCreated(vm)
    this.pairs = new VmPairs({ maker, turns, machines, rack, complaints, log, signal, onMade, lookMs })
    this.#watch = rack && new BmcWatch({ hypervisor, machines, pairs: this.pairs, rack, log, signal })
  }

  /**
   * What a start of the plugin does: checks the hypervisor, finishes what was left half done, and brings VMs, machines and BMCs together. What of
   * that takes longer than to `endMs` (of the SDK's clock) goes on by itself. Throws TARGET_STATE where the hypervisor cannot be used.
   */
  async begin(signal: AbortSignal, endMs: number): Promise<void> {
    const { log } = this.#options
    const timeoutMs = Math.max(LEAST_MS, Math.min(LIST_MS, endMs - systemClock.nowMs()))
    const version = await this.hypervisor.version(this.#call(signal, timeoutMs)).catch((cause: unknown) => {
      if (!(cause instanceof PowerbusError)) throw cause
      const text = `${this.hypervisor.name} cannot be used (virtualbox/command, virtualbox/user): ${cause.message}`
      throw new PowerbusError('TARGET_STATE', text, { cause })
    })
    log.info('hypervisor found', { hypervisor: this.hypervisor.name, version })
    const together = this.#finishAndMatch()
    const leftMs = Math.max(0, endMs - systemClock.nowMs())
    if (!(await endsWithin(unlessAborted(together, signal), leftMs))) {
      log.warn('some VMs do not answer, and are waited for while the plugin works already')
      together.catch((error: unknown) => {
        if (!this.#end.signal.aborted) log.error('VMs and machines are not brought together', { reason: String(error) })
      })
    }
    this.#watch?.begin()
  }

  /**
   * Every VM gets its BMC, every machine of this plugin its VM, and, where `imports`, every VM its machine. What fails for one VM is told of
   * and keeps no other from it.
   */
  async bringTogether(imports: boolean, signal: AbortSignal): Promise<void> {
    const { log } = this.#options
    const [{ vms, problems }, machines] = await Promise.all([
      this.hypervisor.list(this.#call(signal, LIST_MS)),
      this.machines.list(signal),
    ])
    for (const problem of problems) log.warn('the list of VMs has something unreadable', { problem })
    const known = new Set(vms.map(({ id }) => id))
    const missing = machines.filter((machine) => this.machines.isOwn(machine) && !known.has(vmIdOf(machine)))
    const strays = this.hypervisor.name === 'file' ? straysOf(vms, machines, missing) : []
    const gone = await this.pairs.destroyStrays(strays, signal)
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

  /** A cycle of a VM that does not answer keeps no other VM from its machine. */
  async #finishAndMatch(): Promise<void> {
    await Promise.all([this.power.recover(), this.bringTogether(this.settings.importVms, this.#end.signal)])
  }

  /** Nobody waits for it: it takes as long as it takes. */
  #startCreated(vm: Vm): void {
    if (!this.settings.startCreated) return
    this.power.on(vm.id, { signal: this.#end.signal, timeoutMs: START_MS }).catch((error: unknown) => {
      this.#options.log.error('a new VM could not be started', { vm: vm.name, reason: String(error) })
    })
  }

  #call(signal: AbortSignal, timeoutMs: number): Call {
    return { signal: AbortSignal.any([signal, this.#end.signal]), timeoutMs }
  }
}
