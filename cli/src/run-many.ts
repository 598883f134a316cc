/** How one of many ended. */
export type Outcome<R> = { readonly ok: true; readonly result: R } | { readonly ok: false; readonly error: unknown }

export interface RunManyOptions<T, R> {
  readonly items: readonly T[]
  /** At most so many at once. */
  readonly concurrency: number
  /** Aborted: nothing more is started; what runs gets the signal too. */
  readonly signal: AbortSignal
  run(item: T): Promise<R>
  onEnd(item: T, outcome: Outcome<R>, ms: number): void
}

/**
 * Runs a task for every item, some at once, and reports each as it ends. Resolves, and never rejects for a task's
 * error, when all that were started have ended; the items that were not started are returned.
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
