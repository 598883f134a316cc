import { setImmediate as tick } from 'node:timers/promises'
import { type HeapTimer, TimerHeap } from './timer-heap.ts'

/** Turns of the event loop to wait before time advances; fakes in memory answer within one turn. */
const IDLE_TURNS = 3

/**
 * A virtual clock. Time stands still while code can run and then jumps to the next timer, so hours pass in
 * milliseconds. It is a Clock of the plugins (`nowMs`, `dateMs`, `sleep`) and of node-ipmi (`nowMs`, `after`,
 * `afterInput`).
 */
export class VirtualClock {
  #nowMs: number
  readonly #timers = new TimerHeap()
  #timersMade = 0

  constructor(nowMs = 1_800_000_000_000) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  dateMs(): number {
    return this.#nowMs
  }

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.size
  }

  /** Resolves after `delayMs`. Rejects with the signal's reason on abort. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        timer.cancel()
        reject(signal?.reason)
      }
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Calls back once after `delayMs`. */
  after(delayMs: number, callback: () => void): { cancel(): void } {
    const timer: HeapTimer = { dueMs: this.#nowMs + delayMs, order: this.#timersMade++, callback }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.cancel(timer) }
  }

  /** Calls back once after the input that has already arrived is handled. */
  afterInput(callback: () => void): { cancel(): void } {
    return this.after(0, callback)
  }

  /**
   * Advances until the promise settles, and returns its result or throws its error. Throws if no timer is left before.
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    let ended = false
    const end = () => {
      ended = true
    }
    promise.then(end, end)
    await this.until(() => ended, Number.POSITIVE_INFINITY)
    return promise
  }

  /**
   * Advances until `look` returns true. Throws if it does not within `mostMs` (default a day), or if no timer is left.
   */
  async until(look: () => boolean, mostMs = 24 * 3_600_000): Promise<void> {
    const endMs = this.#nowMs + mostMs
    for (;;) {
      await settled()
      if (look()) return
      if (this.#nowMs >= endMs) throw new Error(`the condition did not hold within ${mostMs} ms`)
      if (!this.#runNext(Number.POSITIVE_INFINITY)) throw new Error('the condition does not hold and no timer is left')
    }
  }

  /** Advances by `durationMs`, and runs the timers due in it. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    do await settled()
    while (this.#runNext(endMs))
    this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  /** Advances by `durationMs` without running timers, like a machine that sleeps. */
  jump(durationMs: number): void {
    this.#nowMs += durationMs
  }

  /** Advances to the next due time and runs its timers in the order they were set. False if none is due by `endMs`. */
  #runNext(endMs: number): boolean {
    const next = this.#timers.first()
    if (!next || next.dueMs > endMs) return false
    this.#nowMs = Math.max(this.#nowMs, next.dueMs)
    for (let timer: HeapTimer | undefined = next; timer && timer.dueMs <= this.#nowMs; timer = this.#timers.first()) {
      const { callback } = timer
      this.#timers.cancel(timer)
      callback?.()
    }
    return true
  }
}

async function settled(): Promise<void> {
  for (let count = 0; count < IDLE_TURNS; count++) await tick()
}
