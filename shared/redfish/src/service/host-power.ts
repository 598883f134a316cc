import type { ControlVerb, ManagedMachine, MaybePromise } from './managed-machine.ts'
import type { ResetType } from './personality.ts'
import type { Quirks } from './quirks.ts'
import { Refusal, refused } from './refusal.ts'
import { type ServiceClock, sleep } from './service-clock.ts'
import { message } from './service-message.ts'

/** How often the end of a graceful restart's shutdown is looked for, and for how long. */
const LOOK_MS = 100
const SHUTDOWN_MS = 300_000

export interface HostPowerOptions {
  readonly machine: ManagedMachine
  readonly quirks: Quirks
  readonly clock: ServiceClock
  /** Called before the machine boots by a reset: pending settings are taken then. */
  readonly onBoot: () => void
  /** Called with what fails after its answer was sent. */
  readonly onError: (error: unknown) => void
}

/** Verbs of types that are the same whatever the state. */
const verbs: Readonly<Partial<Record<ResetType, ControlVerb>>> = {
  On: 'powerUp',
  ForceOn: 'powerUp',
  ForceOff: 'powerDown',
  GracefulShutdown: 'softShutdown',
  ForceRestart: 'hardReset',
  PowerCycle: 'powerCycle',
  FullPowerCycle: 'powerCycle',
  Nmi: 'diagnosticInterrupt',
}

const wantsOn: ReadonlySet<ResetType> = new Set(['On', 'ForceOn'])
const wantsOff: ReadonlySet<ResetType> = new Set(['ForceOff', 'GracefulShutdown'])

/** The power of one system as Redfish shows and changes it. */
export class HostPower {
  readonly #machine: ManagedMachine
  readonly #quirks: Quirks
  readonly #clock: ServiceClock
  readonly #onBoot: () => void
  readonly #onError: (error: unknown) => void
  #towards: { readonly isOn: boolean; readonly sinceMs: number } | undefined
  #stale: { readonly state: string; readonly sinceMs: number } | undefined
  #wentOffMs = Number.NEGATIVE_INFINITY
  #wentOnMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor({ machine, quirks, clock, onBoot, onError }: HostPowerOptions) {
    this.#machine = machine
    this.#quirks = quirks
    this.#clock = clock
    this.#onBoot = onBoot
    this.#onError = onError
  }

  isOn(): MaybePromise<boolean> {
    return this.#machine.isOn()
  }

  /** PowerState; undefined: the property is not shown. */
  async state(): Promise<string | null | undefined> {
    const { powerState, powerBySupplies, stalePowerMs } = this.#quirks
    if (powerState !== undefined) return powerState === 'null' ? null : powerState === 'absent' ? undefined : powerState
    if (powerBySupplies) return 'On'
    if (this.#stale && this.#clock.nowMs() - this.#stale.sinceMs < stalePowerMs) return this.#stale.state
    return await this.#trueState()
  }

  /** The firmware runs its self-test: changes of the boot are refused. */
  get isInPost(): boolean {
    return this.#clock.nowMs() - this.#wentOnMs < this.#quirks.postMs
  }

  /** Records a change of the power, whoever caused it. */
  changed(isOn: boolean): void {
    if (isOn) this.#wentOnMs = this.#clock.nowMs()
    else this.#wentOffMs = this.#clock.nowMs()
  }

  /** Carries out a reset of a type that the system takes, or throws a Refusal. DSP0268, ComputerSystem.Reset. */
  async reset(type: ResetType): Promise<void> {
    const quirks = this.#quirks
    const isOn = await this.#machine.isOn()
    const isRedundant = isOn ? wantsOn.has(type) : wantsOff.has(type)
    if (isRedundant && quirks.redundantReset === 409) throw conflict(type)
    const nowMs = this.#clock.nowMs()
    if (wantsOn.has(type) && nowMs - this.#wentOffMs < quirks.conflictAfterOffMs) throw conflict(type)
    if (quirks.droppedResets > 0) {
      quirks.droppedResets--
      return
    }
    const before = await this.#trueState()
    if (!isRedundant) await this.#carryOut(type, isOn)
    else if (type === 'ForceOff' || wantsOn.has(type))
      await this.#control(wantsOn.has(type) ? 'powerUp' : 'powerDown', type)
    this.#stale = { state: before, sinceMs: nowMs }
  }

  /** Takes the power away with the standby power, and gives it back after `offMs` where it was there. */
  async cutStandby(offMs: number): Promise<void> {
    const wasOn = await this.#machine.isOn()
    if (wasOn) await this.#machine.control('powerDown')
    await sleep(this.#clock, offMs)
    if (wasOn && !this.#isClosed) await this.#carryOut('On', false)
  }

  /** Ends what waits. */
  close(): void {
    this.#isClosed = true
  }

  async #carryOut(type: ResetType, isOn: boolean): Promise<void> {
    if (type === 'PushPowerButton') return await this.#carryOut(isOn ? 'GracefulShutdown' : 'On', isOn)
    if (type === 'GracefulRestart') {
      await this.#control('softShutdown', type)
      this.#startWhenOff().catch(this.#onError)
      return
    }
    const verb = verbs[type]
    if (verb === undefined) throw refused(400, 'ActionParameterNotSupported', 'ResetType', 'ComputerSystem.Reset')
    await this.#control(verb, type)
  }

  async #control(verb: ControlVerb, type: ResetType): Promise<void> {
    const wasOn = await this.#machine.isOn()
    const boots = verb === 'powerUp' ? !wasOn : verb === 'hardReset' || verb === 'powerCycle'
    const outcome = await this.#machine.control(verb)
    if (outcome === 'notInPresentState') throw conflict(type)
    if (outcome === 'busy') throw refused(503, 'ResourceInUse')
    if (outcome === 'notSupported')
      throw refused(400, 'ActionParameterNotSupported', `ResetType ${type}`, 'ComputerSystem.Reset')
    if (boots) this.#onBoot()
    if (verb === 'diagnosticInterrupt') return
    this.#towards = { isOn: verb !== 'powerDown' && verb !== 'softShutdown', sinceMs: this.#clock.nowMs() }
  }

  async #startWhenOff(): Promise<void> {
    const endMs = this.#clock.nowMs() + SHUTDOWN_MS
    while (!this.#isClosed && this.#clock.nowMs() < endMs) {
      if (!(await this.#machine.isOn())) {
        await this.#control('powerUp', 'GracefulRestart')
        return
      }
      await sleep(this.#clock, LOOK_MS)
    }
  }

  async #trueState(): Promise<string> {
    const isOn = await this.#machine.isOn()
    const towards = this.#towards
    if (towards && towards.isOn !== isOn && this.#clock.nowMs() - towards.sinceMs < this.#quirks.transitionMs)
      return towards.isOn ? 'PoweringOn' : 'PoweringOff'
    this.#towards = undefined
    return isOn ? 'On' : 'Off'
  }
}

function conflict(type: ResetType): Refusal {
  return new Refusal(409, [message('ActionParameterValueConflict', ['ResetType', type])])
}
