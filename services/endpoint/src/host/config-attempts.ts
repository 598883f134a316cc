import { type Clock, pause, systemClock } from '@powerbus/turns'

/** After the first, second, ... failure that may pass; the last one repeats. */
const PAUSES_MS = [200, 1000, 5000, 15_000, 30_000, 60_000]

/** One telling; whether it failed in a way that may pass by itself. Must not reject, and end soon after its signal. */
export type ConfigAttempt = (signal: AbortSignal) => Promise<boolean>

/**
 * Tells one plugin its config: one attempt at a time, which takes the params as they are then, and another one for as long as
 * the failure may pass.
 */
export class ConfigAttempts {
  readonly #attempt: ConfigAttempt
  readonly #clock: Pick<Clock, 'sleep'>
  /** Those whose attempt has not begun. */
  readonly #waiting: (() => void)[] = []
  #underWay: AbortController | undefined
  #pausing: AbortController | undefined
  #isRunning = false
  #isStopped = false

  constructor(attempt: ConfigAttempt, clock: Pick<Clock, 'sleep'> = systemClock) {
    this.#attempt = attempt
    this.#clock = clock
  }

  /** Fulfilled when an attempt that began from now on has ended, or there will be none. One that is under way ends first. */
  async ask(): Promise<void> {
    if (this.#isStopped) return
    const ended = new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#pausing?.abort()
    if (!this.#isRunning) void this.#run()
    await ended
  }

  /** As `ask`, in place of what is under way. */
  async askAnew(): Promise<void> {
    this.cancel()
    await this.ask()
  }

  /** Ends what is under way, and tries no more until it is asked to. */
  cancel(): void {
    this.#underWay?.abort()
    this.#pausing?.abort()
  }

  stop(): void {
    this.#isStopped = true
    this.cancel()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    let failures = 0
    for (let isAgain = false; isAgain || this.#waiting.length > 0; ) {
      const told = this.#waiting.splice(0)
      if (told.length > 0) failures = 0
      const underWay = new AbortController()
      this.#underWay = underWay
      isAgain = !this.#isStopped && (await this.#attempt(underWay.signal))
      if (underWay.signal.aborted) isAgain = false
      // They wait for what came in place of theirs.
      if (underWay.signal.aborted && this.#waiting.length > 0) this.#waiting.push(...told)
      else for (const tell of told) tell()
      if (!isAgain || this.#waiting.length > 0) continue
      isAgain = await this.#paused(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0)
      failures += 1
    }
    this.#isRunning = false
  }

  /** False where it was cut short. */
  async #paused(pauseMs: number): Promise<boolean> {
    const pausing = new AbortController()
    this.#pausing = pausing
    await pause(pauseMs, pausing.signal, this.#clock)
    return !pausing.signal.aborted
  }
}
