import { setMaxListeners } from 'node:events'
import { CliError, exitCode } from './cli-error.ts'
import { catchInterruption } from './interruption.ts'
import type { Output } from './output.ts'
import { startProgress } from './progress.ts'
import { type Outcome, runMany } from './run-many.ts'
import { listShortly } from './targets.ts'

/** What went wrong with one of many, as `--json` prints it. */
export interface Failure {
  readonly message: string
  readonly [detail: string]: unknown
}

export interface Sweep<T, R> {
  readonly items: readonly T[]
  readonly concurrency: number
  readonly output: Output
  /** Name of the field that names an item, in its JSON line. */
  readonly key: 'machine' | 'host'
  readonly json: boolean
  nameOf(item: T): string
  run(item: T, signal: AbortSignal): Promise<R>
  failureOf(error: unknown): Failure
  /** One item has ended; for people, who do not get its JSON line. */
  onEnd(item: T, outcome: SweepOutcome<R>, ms: number): void
}

export type SweepOutcome<R> = { readonly result: R } | { readonly failure: Failure }

/**
 * Does one thing to many, and reports each as it ends. Interrupted, it starts no more, and says which were finished,
 * which may or may not have happened, and which were not begun. Rejects with a CliError where any of them failed.
 */
export async function sweep<T, R>(options: Sweep<T, R>): Promise<void> {
  const { items, key, nameOf, output } = options
  const interruption = catchInterruption()
  const signal = AbortSignal.any([interruption.signal, output.signal])
  // Every item that is under way listens to it.
  setMaxListeners(0, signal)
  const unknown: string[] = []
  let finished = 0
  let failed = 0
  const print = (item: T, outcome: SweepOutcome<R>, ms: number) => {
    const line = 'result' in outcome ? { ok: true, result: outcome.result } : { ok: false, error: outcome.failure }
    if (options.json) output.json({ [key]: nameOf(item), ...line, ms })
    else options.onEnd(item, outcome, ms)
  }
  const end = (item: T, outcome: Outcome<R>, ms: number) => {
    progress.increment()
    if (outcome.ok) {
      finished++
      print(item, { result: outcome.result }, ms)
    } else if (signal.aborted) {
      unknown.push(nameOf(item))
      print(item, { failure: { message: 'interrupted: it may have happened or not', code: 'OUTCOME_UNKNOWN' } }, ms)
    } else {
      finished++
      failed++
      print(item, { failure: options.failureOf(outcome.error) }, ms)
    }
  }
  const progress = startProgress(items.length, !options.json && output.isTerminal && key === 'host')
  const untouched = await runMany({
    items,
    concurrency: options.concurrency,
    signal,
    run: (item) => options.run(item, signal),
    onEnd: end,
  })
  interruption.release()
  progress.stop()
  for (const item of untouched) print(item, { failure: { message: 'not begun', code: 'NOT_BEGUN' } }, 0)
  if (signal.aborted) throw interrupted(finished, unknown, untouched.map(nameOf))
  if (failed > 0) throw new CliError(`${failed} of ${items.length} failed`)
}

function interrupted(finished: number, unknown: readonly string[], untouched: readonly string[]): CliError {
  const parts = [`${finished} finished`]
  if (unknown.length > 0) parts.push(`unknown, may have happened or not: ${listShortly(unknown)}`)
  if (untouched.length > 0) parts.push(`not begun: ${listShortly(untouched)}`)
  return new CliError(`interrupted; ${parts.join('; ')}`, { exitCode: exitCode.interrupted })
}
