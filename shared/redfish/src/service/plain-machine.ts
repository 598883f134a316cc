import type { BootChoice, ControlOutcome, ControlVerb, ManagedMachine } from './managed-machine.ts'
import { type ServiceClock, systemServiceClock } from './service-clock.ts'

export interface PlainMachineOptions {
  readonly isOn?: boolean
  /** Milliseconds that each change of the power takes; default 0. */
  readonly changeMs?: number
  readonly clock?: ServiceClock
}

/** A machine that changes its power when told, for a service by itself. */
export class PlainMachine implements ManagedMachine {
  /** Accepted verbs, in order. */
  readonly verbs: ControlVerb[] = []
  /** The choice by which it booted last. */
  lastBoot: BootChoice | undefined
  readonly #changeMs: number
  readonly #clock: ServiceClock
  readonly #listeners = new Set<(isOn: boolean) => void>()
  #isOn: boolean
  #choice: BootChoice | undefined
  #timer: { cancel(): void } | undefined

  constructor({ isOn = false, changeMs = 0, clock = systemServiceClock }: PlainMachineOptions = {}) {
    this.#isOn = isOn
    this.#changeMs = changeMs
    this.#clock = clock
  }

  isOn(): boolean {
    return this.#isOn
  }

  control(verb: ControlVerb): ControlOutcome {
    if (!this.#isOn && verb !== 'powerUp' && verb !== 'powerDown') return 'notInPresentState'
    this.verbs.push(verb)
    if (verb === 'powerDown' || verb === 'softShutdown') this.#later(() => this.#switch(false))
    else if (verb === 'powerUp' && !this.#isOn) this.#later(() => this.#boot())
    else if (verb === 'powerCycle') {
      this.#switch(false)
      this.#later(() => this.#boot())
    } else if (verb === 'hardReset') this.#boot()
    return 'accepted'
  }

  bootChoice(): BootChoice | undefined {
    return this.#choice
  }

  chooseBoot(choice: BootChoice | undefined): void {
    this.#choice = choice
  }

  watchPower(listener: (isOn: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Cancels a change under way. */
  close(): void {
    this.#timer?.cancel()
  }

  #boot(): void {
    this.lastBoot = this.#choice
    if (!this.#choice?.persistent) this.#choice = undefined
    this.#switch(true)
  }

  #switch(isOn: boolean): void {
    if (this.#isOn === isOn) return
    this.#isOn = isOn
    for (const listener of this.#listeners) listener(isOn)
  }

  #later(run: () => void): void {
    this.#timer?.cancel()
    if (this.#changeMs === 0) run()
    else this.#timer = this.#clock.after(this.#changeMs, run)
  }
}
