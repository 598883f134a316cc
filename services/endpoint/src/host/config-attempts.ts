import { type Clock, pause, systemClock } from '@powerbus/turns'

/** Pauses after failures that may pass; the last one repeats. */
const PAUSES_MS = [200, 1000, 5000, 15_000, 30_000, 60_000]

/** Sends the config once; true for a failure that may pass. Must not reject, and must end soon after its signal. */
export type ConfigAttempt = (signal: AbortSignal) => Promise<boolean>

/**
 * Sends one plugin its config, one attempt at a time, each with the params of that moment. Attempts repeat while the
 * failure may pass.
 */
export class ConfigAttempts {
  readonly #attempt: ConfigAttempt
  readonly #clock: Pick<Clock, 'sleep'>
  /** Resolvers of the calls whose attempt has not begun. */
  readonly #waiting: (() => void)[] = []
  #underWay: AbortController | undefined
  #pausing: AbortController | undefined
  #isRunning = false
  #isStopped = false

  constructor(attempt: ConfigAttempt, clock: Pick<Clock, 'sleep'> = systemClock) {
    this.#attempt = attempt
    this.#clock = clock
  }

  /**
   * Resolves when an attempt that began after this call has ended, or no attempt will begin. Waits for a running one.
   */
  async ask(): Promise<void> {
    if (this.#isStopped) return
    const ended = new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#pausing?.abort()
    if (!this.#isRunning) void this.#run()
    await ended
  }

  /** Replaces a running attempt by a new one. */
  async askAnew(): Promise<void> {
    this.cancel()
    await this.ask()
  }

  /** Ends a running attempt; the next one begins when asked. */
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
      const asking = this.#waiting.splice(0)
      if (asking.length > 0) failures = 0
      const underWay = new AbortController()
      this.#underWay = underWay
      isAgain = !this.#isStopped && (await this.#attempt(underWay.signal))
      if (underWay.signal.aborted) isAgain = false
      // Callers of an aborted attempt wait for the one that replaced it.
      if (underWay.signal.aborted && this.#waiting.length > 0) this.#waiting.push(...asking)
      else for (const resolve of asking) resolve()
      if (!isAgain || this.#waiting.length > 0) continue
      isAgain = await this.#paused(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0)
      failures += 1
    }
    this.#isRunning = false
  }

  /** False where the pause was cut short. */
  async #paused(pauseMs: number): Promise<boolean> {
    const pausing = new AbortController()
    this.#pausing = pausing
    await pause(pauseMs, pausing.signal, this.#clock)
    return !pausing.signal.aborted
  }
}
