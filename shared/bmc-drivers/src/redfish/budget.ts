import { type Call, PowerbusError } from '@powerbus/plugin-sdk/unshared'
import type { RedfishCall, RedfishClock } from '@powerbus/redfish'

/** The time that a call has, spent by one request after the other. */
export class Budget {
  readonly #clock: RedfishClock
  readonly #signal: AbortSignal
  readonly #endMs: number
  readonly #key: string

  constructor({ signal, timeoutMs }: Call, key: string, clock: RedfishClock) {
    this.#clock = clock
    this.#signal = signal
    this.#key = key
    this.#endMs = clock.nowMs() + timeoutMs
  }

  get remainingMs(): number {
    return this.#endMs - this.#clock.nowMs()
  }

  /** For one request. Throws TARGET_TIMEOUT where no time is left. */
  call(more: Pick<RedfishCall, 'maxBytes' | 'retryBusy'> = {}): RedfishCall {
    const timeoutMs = Math.floor(this.remainingMs)
    if (timeoutMs < 1) throw new PowerbusError('TARGET_TIMEOUT', `${this.#key}: no time left to ask`)
    return { signal: this.#signal, timeoutMs, ...more }
  }

  /** False where the time is up before. Throws DEADLINE_EXCEEDED where the caller has left. */
  async sleep(delayMs: number): Promise<boolean> {
    if (delayMs >= this.remainingMs) return false
    await new Promise<void>((resolve) => {
      const end = () => {
        timer.cancel()
        this.#signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = this.#clock.after(delayMs, end)
      this.#signal.addEventListener('abort', end)
    })
    if (this.#signal.aborted) throw new PowerbusError('DEADLINE_EXCEEDED', `${this.#key} was being waited for`)
    return true
  }
}
