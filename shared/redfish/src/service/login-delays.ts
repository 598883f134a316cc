import { type ServiceClock, sleep } from './service-clock.ts'

/** Failures in a row from one address before its logins are delayed. */
const FREE_FAILURES = 5
/** Addresses that are remembered. */
const MAX_ADDRESSES = 1000

/** Delays logins from addresses that failed several times in a row. */
export class LoginDelays {
  readonly #clock: ServiceClock
  readonly #quirks: { readonly loginDelayMs: number }
  readonly #failures = new Map<string, number>()

  constructor(clock: ServiceClock, quirks: { readonly loginDelayMs: number }) {
    this.#clock = clock
    this.#quirks = quirks
  }

  async wait(from: string): Promise<void> {
    if ((this.#failures.get(from) ?? 0) >= FREE_FAILURES) await sleep(this.#clock, this.#quirks.loginDelayMs)
  }

  tried(from: string, isGood: boolean): void {
    if (isGood) {
      this.#failures.delete(from)
      return
    }
    this.#failures.set(from, (this.#failures.get(from) ?? 0) + 1)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest)
  }
}
