import type { Row } from './case.ts'

const columns = [
  'case',
  'bmcs',
  'ms',
  'beside',
  'beside ms',
  'ratio',
  'goal',
  'CPU ms',
  'beside CPU ms',
  'MB',
  'beside MB',
  'datagrams',
  'beside datagrams',
  'note',
] as const satisfies readonly (keyof Row)[]

/** The rows as a table of Markdown, without columns that are empty everywhere. */
export function tableOf(rows: readonly Row[]): string {
  const shown = columns.filter((column) => rows.some((row) => row[column] !== undefined))
  const cells = rows.map((row) => shown.map((column) => String(row[column] ?? '')))
  const widths = shown.map((column, at) => Math.max(column.length, ...cells.map((line) => line[at]?.length ?? 0)))
  const line = (texts: readonly string[]) => `| ${texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(shown), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n')
}
