import { datagramsSent } from '../datagrams.ts'
import { type MeasuredRun, measuredRun } from '../measured-run.ts'
import { median, rounded } from '../statistics.ts'
import type { Command } from './programs.ts'

/** One line of the table: what was measured, beside what, and the goal for the ratio of both. */
export interface Row {
  readonly case: string
  readonly bmcs: number
  readonly ms?: number
  readonly beside: string
  readonly 'beside ms'?: number | string
  readonly ratio?: number
  readonly goal?: string
  readonly 'CPU ms'?: number
  readonly 'beside CPU ms'?: number
  readonly MB?: number
  readonly 'beside MB'?: number
  /** Per BMC, both directions. */
  readonly datagrams?: number
  readonly 'beside datagrams'?: number
  readonly note?: string
}

export interface Sweep extends MeasuredRun {
  readonly datagrams: number
}

interface SweepOptions {
  readonly bmcs: number
  /** Matches each BMC's result in the output, with the flags g and m. */
  readonly answer: RegExp
  /** Results without which the run is an error; default: all. */
  readonly atLeast?: number
}

/** Results of powerbus and of ipmipower. */
export const ours = /"ok":true/g
export const theirs = /: (?:on|off|ok)$/gm

/** Runs one sweep. Throws where fewer BMCs than expected have a result. */
export async function sweep([command, ...args]: Command, options: SweepOptions): Promise<Sweep> {
  const { bmcs, answer, atLeast = bmcs } = options
  const before = datagramsSent()
  const run = await measuredRun(command, args, atLeast < bmcs ? { codes: 'any' } : {})
  const datagrams = (datagramsSent() - before) / bmcs
  const answered = resultsIn(run, answer)
  if (answered < atLeast) throw new Error(`${command} has ${answered} results of ${bmcs} BMCs:\n${run.stderr}`)
  return { ...run, datagrams }
}

export function resultsIn({ stdout }: MeasuredRun, answer: RegExp): number {
  return stdout.match(answer)?.length ?? 0
}

/** Two runs, one after the other, as one. */
export function inSuccession(one: Sweep, next: Sweep): Sweep {
  return {
    ...next,
    elapsedMs: one.elapsedMs + next.elapsedMs,
    cpuMs: one.cpuMs + next.cpuMs,
    peakKib: Math.max(one.peakKib, next.peakKib),
    datagrams: one.datagrams + next.datagrams,
  }
}

/** Runs both so often, each first in every second round: whoever goes second finds a warmer machine. */
export async function inTurn<Run>(
  rounds: number,
  first: () => Promise<Run>,
  second: () => Promise<Run>,
): Promise<{ ours: Run; peer: Run }[]> {
  const runs: { ours: Run; peer: Run }[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) runs.push({ ours: await first(), peer: await second() })
    else {
      const peer = await second()
      runs.push({ ours: await first(), peer })
    }
  }
  return runs
}

/** Medians of paired runs; the ratio is the median of the ratios of each pair. */
export function pairedRow(
  row: Pick<Row, 'case' | 'bmcs' | 'beside' | 'goal' | 'note'>,
  runs: readonly { ours: Sweep; peer: Sweep }[],
): Row {
  const of = (who: 'ours' | 'peer', what: 'elapsedMs' | 'cpuMs' | 'peakKib' | 'datagrams') =>
    median(runs.map((run) => run[who][what]))
  return {
    ...row,
    ms: rounded(of('ours', 'elapsedMs'), 0),
    'beside ms': rounded(of('peer', 'elapsedMs'), 0),
    ratio: rounded(median(runs.map(({ ours, peer }) => ours.elapsedMs / peer.elapsedMs))),
    'CPU ms': rounded(of('ours', 'cpuMs'), 0),
    'beside CPU ms': rounded(of('peer', 'cpuMs'), 0),
    ...memory(of('ours', 'peakKib'), of('peer', 'peakKib')),
    datagrams: rounded(of('ours', 'datagrams'), 1),
    'beside datagrams': rounded(of('peer', 'datagrams'), 1),
  }
}

function memory(ours: number, peer: number): Pick<Row, 'MB' | 'beside MB'> {
  return { MB: rounded(ours / 1024, 0), 'beside MB': rounded(peer / 1024, 0) }
}

/** Medians of runs that nothing stands beside. */
export function lonelyRow(row: Row, runs: readonly Sweep[]): Row {
  const of = (what: 'elapsedMs' | 'cpuMs' | 'peakKib' | 'datagrams') => median(runs.map((run) => run[what]))
  return {
    ms: rounded(of('elapsedMs'), 0),
    ...row,
    'CPU ms': rounded(of('cpuMs'), 0),
    MB: rounded(of('peakKib') / 1024, 0),
    datagrams: rounded(of('datagrams'), 1),
  }
}
