import type { ChassisControlName } from '../commands/chassis-control.ts'
import { PowerRestorePolicy } from '../commands/get-chassis-status.ts'
import { RestartCause } from '../commands/get-system-restart-cause.ts'
import { BootOptions } from './boot-options.ts'
import type { Chassis, ControlOutcome, MaybePromise } from './chassis.ts'
import { SystemEventLog } from './system-event-log.ts'
import { controlEvent } from './system-events.ts'

/** Who asks for a control. */
export interface ControlSource {
  /** Number of the channel. */
  readonly channel: number
  /** Absent outside a session. */
  readonly userId?: number | undefined
  readonly staleMs?: number | undefined
}

/** Controls that a system answers with D5h while it is off. §28.3. */
export const needsPower: ReadonlySet<ChassisControlName> = new Set(['powerCycle', 'hardReset', 'diagnosticInterrupt'])

/** State that the BMC keeps about the system it manages. */
export class ManagedSystem {
  readonly chassis: Chassis
  readonly bootOptions: BootOptions
  /** A value of PowerRestorePolicy. */
  restorePolicy: number = PowerRestorePolicy.previous
  restartCause = { cause: RestartCause.unknown as number, channel: 0 }
  lastEventCommandOn = false
  readonly #nowMs: () => number
  readonly #dateMs: () => number
  /** When the identify light goes off; undefined while it is off. */
  #identifyUntilMs: number | undefined
  /** Made at its first use, so that idle BMCs stay small. */
  #eventLog: SystemEventLog | undefined
  #stale: { readonly on: boolean; readonly untilMs: number } | undefined

  /** `dateMs`: the time of the event log. */
  constructor(chassis: Chassis, nowMs: () => number, dateMs: () => number) {
    this.chassis = chassis
    this.#nowMs = nowMs
    this.#dateMs = dateMs
    this.bootOptions = new BootOptions(nowMs, {
      changed: (flags, forMs) => chassis.bootFlagsChanged?.(flags, forMs),
      kept: (forMs) => chassis.bootFlagsKept?.(forMs),
    })
  }

  get eventLog(): SystemEventLog {
    this.#eventLog ??= new SystemEventLog(this.#dateMs)
    return this.#eventLog
  }

  /** The BMC restarts: its reservation of the event log ends. §31.4. */
  restarted(): void {
    this.#eventLog?.cancelReservation()
  }

  /** 0 off, 1 temporary, 2 indefinite. §28.2. */
  get identifyState(): number {
    if (this.#identifyUntilMs === Number.POSITIVE_INFINITY) return 2
    return this.#identifyUntilMs !== undefined && this.#nowMs() < this.#identifyUntilMs ? 1 : 0
  }

  /** Turns the identify light on for `seconds`; 0 turns it off, `Infinity` leaves it on until the next call. */
  identify(seconds: number): void {
    this.#identifyUntilMs = seconds === 0 ? undefined : this.#nowMs() + seconds * 1000
  }

  /** The power state that the console reads: the old state until `staleMs` after a control, then `on`. */
  shownPower(on: boolean): boolean {
    return this.#stale !== undefined && this.#nowMs() < this.#stale.untilMs ? this.#stale.on : on
  }

  /**
   * Has the chassis carry out the verb. What it accepts uses the boot flags where it boots the system, and is recorded
   * in the event log. `by` is who asks; absent: no event is recorded. See `shownPower` for `staleMs`.
   */
  control(verb: ChassisControlName, wasOn: boolean, by: ControlSource): MaybePromise<ControlOutcome> {
    if (!wasOn && needsPower.has(verb)) return 'notInPresentState'
    const boots = startsSystem(verb, wasOn)
    const settle = (outcome: ControlOutcome) => {
      if (outcome === 'accepted') this.#controlled(verb, wasOn, by)
      return outcome
    }
    const outcome = this.chassis.control(verb, boots ? this.bootOptions.validFlags : undefined)
    return outcome instanceof Promise ? outcome.then(settle) : settle(outcome)
  }

  #controlled(verb: ChassisControlName, wasOn: boolean, { channel, userId, staleMs = 0 }: ControlSource): void {
    if (staleMs > 0) this.#stale = { on: wasOn, untilMs: this.#nowMs() + staleMs }
    const boots = startsSystem(verb, wasOn)
    this.bootOptions.controlled(boots)
    const hasEffect = (verb === 'powerUp') !== wasOn
    if (hasEffect && userId !== undefined) this.eventLog.record(controlEvent(verb, channel, userId))
    if (!boots) return
    this.restartCause = { cause: RestartCause.chassisControl, channel }
    this.lastEventCommandOn = true
  }
}

/** Whether the control boots a system that was on or off before it. */
function startsSystem(verb: ChassisControlName, wasOn: boolean): boolean {
  return verb === 'powerUp' ? !wasOn : verb === 'powerCycle' || verb === 'hardReset'
}
