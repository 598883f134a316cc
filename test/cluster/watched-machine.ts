import { type MachineTimes, runningMachine, SimulatedMachine } from '@powerbus/lab'
import type { BootFlags, ChassisControlName, ControlOutcome } from 'node-ipmi/bmc'

/**
 * A poll comes 200 ms after the last one at the earliest, so these cost an action nothing, and fill the most of its turn at
 * the BMC: what comes meanwhile comes from somebody else.
 */
const times: MachineTimes = { powerUpMs: 150, powerDownMs: 150, cycleOffMs: 170, softShutdownMs: 150 }

/** What one machine saw. Plain JSON. */
export interface MachineLedger {
  readonly isOn: boolean
  readonly cycles: number
  readonly resets: number
  /** How often the power came on, by a cycle or without. */
  readonly powerUps: number
  /** Changes that came while another was under way. */
  readonly overlaps: readonly string[]
}

/** A running machine that writes down how often it was switched, and whatever comes in the middle of a switching. */
export class WatchedMachine extends SimulatedMachine {
  readonly #overlaps: string[] = []
  readonly #powerUps: { count: number }
  #underWay: { readonly verb: ChassisControlName; readonly untilMs: number } | undefined

  constructor() {
    const powerUps = { count: 0 }
    let wasOn = true
    super({
      state: runningMachine,
      times,
      onChange: ({ powerOn }) => {
        if (powerOn && !wasOn) powerUps.count += 1
        wasOn = powerOn
      },
    })
    this.#powerUps = powerUps
  }

  override control(verb: ChassisControlName, boot: BootFlags | undefined): ControlOutcome {
    // One action may repeat what does no more than it did before.
    const isRepeated = verb === this.#underWay?.verb && (verb === 'powerUp' || verb === 'powerDown')
    if (!isRepeated) this.#interferes(verb)
    const before = this.isOn()
    const outcome = super.control(verb, boot)
    if (outcome === 'accepted') this.#begin(verb, before)
    return outcome
  }

  override bootFlagsChanged(flags: BootFlags | undefined): void {
    // Without flags it is the machine itself that has used them up.
    if (flags) this.#interferes('boot flags')
    super.bootFlagsChanged(flags)
  }

  get ledger(): MachineLedger {
    const { powerCycle: cycles, hardReset: resets } = this.counts
    return { isOn: this.isOn(), cycles, resets, powerUps: this.#powerUps.count, overlaps: this.#overlaps }
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
    this.#underWay = { verb, untilMs: performance.now() + durations[verb] }
  }

  #interferes(what: string): void {
    if (!this.#underWay || performance.now() >= this.#underWay.untilMs) return
    this.#overlaps.push(`${what} in the middle of ${this.#underWay.verb}`)
  }
}
