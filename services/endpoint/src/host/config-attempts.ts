import { type Clock, pause, Slots, systemClock } from '@powerbus/turns'

/** Pauses after failures that may pass; the last one repeats. */
const PAUSES_MS = [200, 1000, 5000, 15_000, 30_000, 60_000]

/** Sends the config once; true for a failure that may pass. Must not reject, and must end soon after its signal. */
export type ConfigAttempt = (signal: AbortSignal) => Promise<boolean>

interface Ended {
  /** The next attempt, where it replaces a cancelled one. */
  readonly replacement: Promise<Ended> | undefined
}

/**
 * Sends one plugin its config, one attempt at a time, each with the params of that moment. Attempts repeat while the
 * failure may pass.
 */
export class ConfigAttempts {
  readonly #attempt: ConfigAttempt
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #slot = new Slots(1)
  readonly #stopping = new AbortController()
  /** The attempt that was asked for and has not begun. */
  #next: Promise<Ended> | undefined
  #underWay = new AbortController()
  #pausing = new AbortController()

  constructor(attempt: ConfigAttempt, clock: Pick<Clock, 'sleep'> = systemClock) {
    this.#attempt = attempt
    this.#clock = clock
  }

  /**
   * Resolves when an attempt that began after this call has ended, or no attempt will begin. Waits for a running one.
   */
  async ask(): Promise<void> {
    this.#pausing.abort()
    this.#next ??= this.#slot.run(async () => {
      this.#next = undefined
      return await this.#try(0)
    })
    // Callers of an aborted attempt wait for the one that replaces it.
    let attempt: Promise<Ended> | undefined = this.#next
    while (attempt !== undefined) attempt = (await attempt).replacement
  }

  /** Replaces a running attempt by a new one. */
  async askAnew(): Promise<void> {
    this.cancel()
    await this.ask()
  }

  /** Ends a running attempt; the next one begins when asked. */
  cancel(): void {
    this.#underWay.abort()
    this.#pausing.abort()
  }

  stop(): void {
    this.#stopping.abort()
    this.cancel()
  }

  async #try(failures: number): Promise<Ended> {
    if (this.#stopping.signal.aborted) return { replacement: undefined }
    this.#underWay = new AbortController()
    const { signal } = this.#underWay
    if ((await this.#attempt(signal)) && !signal.aborted) void this.#tryAgain(failures)
    return { replacement: signal.aborted ? this.#next : undefined }
  }

  async #tryAgain(failures: number): Promise<void> {
    this.#pausing = new AbortController()
    const { signal } = this.#pausing
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, signal, this.#clock)
    if (!signal.aborted) await this.#slot.run(() => this.#try(failures + 1))
  }
}
