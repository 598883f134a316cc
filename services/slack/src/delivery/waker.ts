import { type Clock, pause } from '@powerbus/turns'

/** One for all wakes: an AbortSignal without a reason makes an error with a stack. */
const WOKEN = 'woken'

/** A wait that ends at a time or at a wake, including a wake that came before it. */
export class Waker {
  readonly #clock: Clock
  #woken = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wake(): void {
    this.#woken.abort(WOKEN)
  }

  /** `untilMs` in milliseconds since 1970; undefined: until it is woken. */
  async wait(untilMs: number | undefined): Promise<void> {
    const waitMs = untilMs === undefined ? Number.POSITIVE_INFINITY : untilMs - this.#clock.dateMs()
    if (waitMs > 0) await pause(waitMs, this.#woken.signal, this.#clock)
    this.#woken = new AbortController()
  }
}
