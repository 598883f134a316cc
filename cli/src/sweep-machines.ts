import type { Machine } from '@powerbus/drp'
import { failureOf } from './endpoint/api-failure.ts'
import type { Output } from './output.ts'
import { sweep } from './sweep.ts'
import { printable } from './table.ts'

const CONCURRENCY = 8

export interface MachineSweep<Result> {
  readonly machines: readonly Machine[]
  readonly output: Output
  /** What a line says of a machine that is done, such as `removed`. */
  readonly done: string
  readonly json: boolean
  run(machine: Machine, signal: AbortSignal): Promise<Result>
}

/** Changes machines at the endpoint, eight at a time, and prints a line for each. Throws as `sweep`. */
export async function sweepMachines<Result>({
  machines,
  output,
  done,
  json,
  run,
}: MachineSweep<Result>): Promise<void> {
  await sweep({
    items: machines,
    concurrency: CONCURRENCY,
    output,
    key: 'machine',
    reads: false,
    json,
    nameOf: ({ Name }) => Name,
    run,
    failureOf,
    onEnd: ({ Name }, outcome) =>
      output.line(printable(outcome.ok ? `${done} ${Name}` : `${Name}: ${outcome.error.message}`)),
  })
}
