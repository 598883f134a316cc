import type { RedfishClock, RedfishTimer } from './redfish-clock.ts'

/** Why a call ended early. */
export type EndReason = 'timeout' | 'aborted' | 'closed'

/** End of one call: its time, its caller's signal, or the close of the connection, whichever comes first. */
export class Deadline {
  readonly clock: RedfishClock
  #endsMs: number
  readonly #controller = new AbortController()
  readonly #caller: AbortSignal | undefined
  readonly #onAbort = () => this.end('aborted')
  #timer: RedfishTimer
  #reason: EndReason | undefined

  constructor(clock: RedfishClock, timeoutMs: number, caller?: AbortSignal) {
    this.clock = clock
    this.#caller = caller
    this.#endsMs = clock.nowMs() + timeoutMs
    this.#timer = clock.after(timeoutMs, () => this.end('timeout'))
    if (caller?.aborted) this.end('aborted')
    else caller?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Undefined while the call may go on. */
  get reason(): EndReason | undefined {
    return this.#reason
  }

  get remainingMs(): number {
    return this.#reason ? 0 : Math.max(0, this.#endsMs - this.clock.nowMs())
  }

  /** Rejects with the signal's reason when the call ends first. */
  sleep(delayMs: number): Promise<void> {
    return this.race((resolve) => {
      const timer = this.clock.after(delayMs, resolve)
      return () => timer.cancel()
    })
  }

  /** Waits for what `begin` resolves, but no longer than the call. `begin` may return what stops it. */
  race<T>(
    begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { signal } = this
      if (signal.aborted) return reject(signal.reason)
      const onAbort = () => {
        stop?.()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      const settle = <V>(done: (value: V) => void) => {
        return (value: V) => {
          signal.removeEventListener('abort', onAbort)
          done(value)
        }
      }
      const stop = begin(settle(resolve), settle(reject))
    })
  }

  /** Sets its time-out anew, from now, unless it has ended. */
  endIn(delayMs: number): void {
    if (this.#reason) return
    this.#timer.cancel()
    this.#endsMs = this.clock.nowMs() + delayMs
    this.#timer = this.clock.after(delayMs, () => this.end('timeout'))
  }

  /** Ends it, unless it has ended or is done. */
  end(reason: EndReason): void {
    if (this.#reason) return
    this.#reason = reason
    this.done()
    this.#controller.abort(new Error(reason))
  }

  /** The call has its result: timer and listener go. */
  done(): void {
    this.#timer.cancel()
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }
}
