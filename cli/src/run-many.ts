/** How one item ended. */
export type Outcome<R, E = unknown> =
  | { readonly ok: true; readonly result: R }
  | { readonly ok: false; readonly error: E }

export interface RunManyOptions<T, R> {
  readonly items: readonly T[]
  /** Most items at once. */
  readonly concurrency: number
  /** Once it is aborted, no more items are started. */
  readonly signal: AbortSignal
  run(item: T): Promise<R>
  onEnd(item: T, outcome: Outcome<R>, ms: number): void
}

/**
 * Runs a task for every item, several at once, and reports each as it ends. Resolves with the items that were not
 * started when all started ones have ended, even if tasks reject.
 */
export async function runMany<T, R>(options: RunManyOptions<T, R>): Promise<T[]> {
  const { items, concurrency, signal, run, onEnd } = options
  let next = 0
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const item = items[next++] as T
      const startedMs = performance.now()
      const outcome: Outcome<R> = await run(item).then(
        (result) => ({ ok: true, result }),
        (error: unknown) => ({ ok: false, error }),
      )
      onEnd(item, outcome, Math.round(performance.now() - startedMs))
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker))
  return items.slice(next)
}
