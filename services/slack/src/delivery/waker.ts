import { type Clock, pause } from '@powerbus/turns'

/** A wait that ends at a time or at a wake, including a wake that came before it. */
export class Waker {
  readonly #clock: Clock
  #woken = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wake(): void {
    this.#woken.abort()
  }

  /** `untilMs` in milliseconds since 1970; undefined: until it is woken. */
  async wait(untilMs: number | undefined): Promise<void> {
    const waitMs = untilMs === undefined ? Number.POSITIVE_INFINITY : untilMs - this.#clock.dateMs()
    if (waitMs > 0) await pause(waitMs, this.#woken.signal, this.#clock)
    this.#woken = new AbortController()
  }
}
