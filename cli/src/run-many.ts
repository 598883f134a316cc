import { nowMs } from './now-ms.ts'

/** How one item ended. */
export type Outcome<R, E = unknown> =
  | { readonly ok: true; readonly result: R }
  | { readonly ok: false; readonly error: E }

export interface RunManyOptions<T, R> {
  readonly items: readonly T[]
  /** Most items at once. */
  readonly concurrency: number
  /**
   * Most items at once that began a moment ago (150 ms, or 500 ms where all are slow); default: `concurrency`. Each item under way takes memory, and
   * slow ones delay no others.
   */
  readonly quick?: number
  /** Once it is aborted, no more items are started. */
  readonly signal: AbortSignal
  run(item: T): Promise<R>
  onEnd(item: T, outcome: Outcome<R>, ms: number): void
}

/** An item under way for so long does not count as quick; where most take long, three times as long as they, up to LONGEST_MS. */
const SLOW_MS = 150
const LONGEST_MS = 500
/** Weight of one item in the usual time. */
const WEIGHT = 1 / 16

/**
 * Runs a task for every item, several at once, and reports each as it ends. Resolves with the items that were not
 * started when all started ones have ended, even if tasks reject.
 */
export async function runMany<T, R>(options: RunManyOptions<T, R>): Promise<T[]> {
  const many = new Many(options)
  const { concurrency, quick = concurrency } = options
  const slow = quick < concurrency ? setInterval(() => many.startMore(), SLOW_MS / 5) : undefined
  try {
    await many.ended
  } finally {
    clearInterval(slow)
  }
  return options.items.slice(many.started)
}

/** The items under way, which are started in order. */
class Many<T, R> {
  /** Settled when all started items have ended and no more are started. */
  readonly ended: Promise<void>
  started = 0
  readonly #options: RunManyOptions<T, R>
  readonly #startedMs: Float64Array
  readonly #hasEnded: Uint8Array
  #running = 0
  /** Items under way among the first `#judged`, which began SLOW_MS ago or earlier. */
  #slow = 0
  #judged = 0
  /** What an item took lately. */
  #usualMs = 0
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor(options: RunManyOptions<T, R>) {
    this.#options = options
    this.#startedMs = new Float64Array(options.items.length)
    this.#hasEnded = new Uint8Array(options.items.length)
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.startMore()
  }

  startMore(): void {
    const { items, concurrency, quick = concurrency, signal } = this.#options
    this.#judge()
    while (this.started < items.length && !signal.aborted) {
      if (this.#running >= concurrency || this.#running - this.#slow >= quick) return
      this.#start(this.started++)
    }
    if (this.#running === 0) this.#resolve()
  }

  #start(index: number): void {
    const { items, run } = this.#options
    this.#running++
    this.#startedMs[index] = nowMs()
    run(items[index] as T).then(
      (result) => this.#end(index, { ok: true, result }),
      (error: unknown) => this.#end(index, { ok: false, error }),
    )
  }

  #end(index: number, outcome: Outcome<R>): void {
    this.#running--
    this.#hasEnded[index] = 1
    if (index < this.#judged) this.#slow--
    const { items, onEnd } = this.#options
    try {
      const ms = nowMs() - (this.#startedMs[index] ?? 0)
      this.#usualMs += (ms - this.#usualMs) * WEIGHT
      onEnd(items[index] as T, outcome, Math.round(ms))
      this.startMore()
    } catch (error) {
      this.#reject(error)
    }
  }

  #judge(): void {
    const slowMs = nowMs() - Math.min(LONGEST_MS, Math.max(SLOW_MS, 3 * this.#usualMs))
    for (; this.#judged < this.started && (this.#startedMs[this.#judged] ?? 0) <= slowMs; this.#judged++) {
      if (this.#hasEnded[this.#judged] === 0) this.#slow++
    }
  }
}
