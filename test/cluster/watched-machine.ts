import { type MachineTimes, SimulatedMachine } from '@powerbus/lab'
import type { BootFlags, ChassisControlName, ControlOutcome } from 'node-ipmi/bmc'

/**
 * A poll comes 200 ms after the last one at the earliest, so these cost an action nothing, and fill the most of its turn at
 * the BMC: what comes meanwhile comes from somebody else.
 */
const times: MachineTimes = { powerUpMs: 150, powerDownMs: 150, cycleOffMs: 170, softShutdownMs: 150 }

/** How often each verb was executed. */
export type Executions = Partial<Record<ChassisControlName, number>>

/** What one machine saw. Plain JSON. */
export interface MachineLedger {
  readonly isOn: boolean
  /** By the user in whose session they came: each request has one of its own. */
  readonly executed: Readonly<Record<string, Executions>>
  /** Changes that came while another was under way. */
  readonly overlaps: readonly string[]
}

interface UnderWay {
  readonly verb: ChassisControlName
  readonly user: string
  readonly untilMs: number
}

/** A running machine that writes down who switched it how often, and whatever comes in the middle of a switching. */
export class WatchedMachine extends SimulatedMachine {
  readonly #user: () => string
  readonly #overlaps: string[] = []
  readonly #executed: Record<string, Executions> = {}
  #underWay: UnderWay | undefined

  /** `user`: whose command it is that is being executed. */
  constructor(user: () => string) {
    super({ isOn: true, times })
    this.#user = user
  }

  override control(verb: ChassisControlName, boot: BootFlags | undefined): ControlOutcome {
    const user = this.#user()
    // One request may repeat what does no more than it did before.
    const isSame = verb === this.#underWay?.verb && user === this.#underWay.user
    const isRepeated = isSame && (verb === 'powerUp' || verb === 'powerDown')
    if (!isRepeated) this.#interferes(verb)
    const before = this.isOn()
    const outcome = super.control(verb, boot)
    if (outcome === 'accepted') {
      this.#begin(verb, before)
      const executed = this.#executed[user] ?? {}
      this.#executed[user] = { ...executed, [verb]: (executed[verb] ?? 0) + 1 }
    }
    return outcome
  }

  override bootFlagsChanged(flags: BootFlags | undefined): void {
    // Without flags it is the machine itself that has used them up.
    if (flags) this.#interferes('boot flags')
    super.bootFlagsChanged(flags)
  }

  get ledger(): MachineLedger {
    return { isOn: this.isOn(), executed: this.#executed, overlaps: this.#overlaps }
  }

  #begin(verb: ChassisControlName, wasOn: boolean): void {
    const durations = {
      powerUp: wasOn ? 0 : times.powerUpMs,
      powerDown: wasOn ? times.powerDownMs : 0,
      powerCycle: times.cycleOffMs,
      hardReset: 0,
      softShutdown: times.softShutdownMs,
      diagnosticInterrupt: 0,
    }
    this.#underWay = { verb, user: this.#user(), untilMs: performance.now() + durations[verb] }
  }

  #interferes(what: string): void {
    if (!this.#underWay || performance.now() >= this.#underWay.untilMs) return
    const { verb, user } = this.#underWay
    this.#overlaps.push(`${what} of ${this.#user()} in the middle of ${verb} of ${user}`)
  }
}
