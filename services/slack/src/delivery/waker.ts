import { pause } from '@powerbus/turns'

/** A wait that ends at a time or at a wake, also at one that came before. */
export class Waker {
  #woken = new AbortController()

  wake(): void {
    this.#woken.abort()
  }

  /** `untilMs` in milliseconds since 1970; absent: until it is woken. */
  async wait(untilMs: number | undefined): Promise<void> {
    const waitMs = untilMs === undefined ? Number.POSITIVE_INFINITY : untilMs - Date.now()
    if (waitMs > 0) await pause(waitMs, this.#woken.signal)
    this.#woken = new AbortController()
  }
}
