import { setMaxListeners } from 'node:events'
import { CliError, exitCode } from './cli-error.ts'
import { catchInterruption } from './interruption.ts'
import type { Output } from './output.ts'
import { startProgress } from './progress.ts'
import { type Outcome, runMany } from './run-many.ts'
import { listShortly } from './targets.ts'

/** The error of one item, as `--json` prints it. */
export interface Failure {
  readonly message: string
  readonly [detail: string]: unknown
}

export interface Sweep<T, R> {
  readonly items: readonly T[]
  readonly concurrency: number
  /** As in RunManyOptions. */
  readonly quick?: number
  readonly output: Output
  /** Field of the JSON line that has the item's name. */
  readonly key: 'machine' | 'host'
  readonly json: boolean
  /** The task changes nothing, so that an interrupted one leaves nothing open. */
  readonly reads: boolean
  nameOf(item: T): string
  run(item: T, signal: AbortSignal): Promise<R>
  failureOf(error: unknown): Failure
  /** Called as each item ends, unless `json` is set. */
  onEnd(item: T, outcome: Outcome<R, Failure>): void
}

/**
 * Runs one task for every item and reports each as it ends. An interruption starts no more items; the error then counts
 * the finished ones and names those whose outcome is unknown and those not begun. Rejects with a CliError where any
 * failed.
 */
export async function sweep<T, R>(options: Sweep<T, R>): Promise<void> {
  const { items, key, nameOf, output } = options
  const interruption = catchInterruption()
  const signal = AbortSignal.any([interruption.signal, output.signal])
  // Every running item adds a listener.
  setMaxListeners(0, signal)
  const unknown: string[] = []
  let finished = 0
  let failed = 0
  const print = (item: T, outcome: Outcome<R, Failure>, ms: number) => {
    if (options.json) output.line(jsonLine(key, nameOf(item), outcome, ms))
    else options.onEnd(item, outcome)
  }
  const fail = (item: T, error: Failure, ms: number) => print(item, { ok: false, error }, ms)
  const end = (item: T, outcome: Outcome<R>, ms: number) => {
    progress?.increment()
    if (outcome.ok) {
      finished++
      print(item, outcome, ms)
    } else if (signal.aborted) {
      unknown.push(nameOf(item))
      fail(item, options.reads ? unread : unknownOutcome, ms)
    } else {
      finished++
      failed++
      fail(item, options.failureOf(outcome.error), ms)
    }
  }
  const progress = startProgress(items.length, !options.json && output.isTerminal && key === 'host')
  const untouched = await runMany({
    items,
    concurrency: options.concurrency,
    ...(options.quick !== undefined && { quick: options.quick }),
    signal,
    run: (item) => options.run(item, signal),
    onEnd: end,
  })
  interruption.release()
  progress?.stop()
  for (const item of untouched) fail(item, { message: 'not begun', code: 'NOT_BEGUN' }, 0)
  const left = options.reads ? 'without an answer' : 'outcome unknown, check'
  if (signal.aborted) throw interrupted(finished, { [left]: unknown, 'not begun': untouched.map(nameOf) })
  if (failed > 0) throw new CliError(`${failed} of ${items.length} failed`)
}

/** `{"host":"...","ok":...,...,"ms":...}`, without an object of it all: its first field's name would make each slow. */
function jsonLine(key: string, name: string, outcome: Outcome<unknown, Failure>, ms: number): string {
  return `{"${key}":${JSON.stringify(name)},${JSON.stringify(outcome).slice(1, -1)},"ms":${ms}}`
}

const unread: Failure = { message: 'interrupted', code: 'INTERRUPTED' }
const unknownOutcome: Failure = {
  message: 'interrupted: the request may have been carried out; check the machine',
  code: 'OUTCOME_UNKNOWN',
}

function interrupted(finished: number, left: Readonly<Record<string, readonly string[]>>): CliError {
  const parts = [`${finished} finished`]
  for (const [what, names] of Object.entries(left)) if (names.length > 0) parts.push(`${what}: ${listShortly(names)}`)
  return new CliError(`interrupted; ${parts.join('; ')}`, { exitCode: exitCode.interrupted })
}
