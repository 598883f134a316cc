import { formatTable, printable } from './table.ts'

export interface ResultRow {
  readonly name: string
  /** The answer; undefined for a failure. */
  readonly result?: unknown
  readonly error?: string
}

/** Results with more columns are shown as lists, since a terminal is too narrow for the table. */
const MAX_COLUMNS = 7

/** Fields that only --json shows. */
const UNSHOWN: ReadonlySet<string> = new Set(['Attempts', 'ElapsedMs'])

/**
 * Formats results of many machines as a table with a column for each field, or for the fields in `only`. With more than
 * 7 columns it lists `field: value` under each name instead.
 */
export function formatResults(heading: string, rows: readonly ResultRow[], only?: readonly string[]): string[] {
  const flat = rows.map(({ name, result, error }) => ({ name, fields: flatten(result), error }))
  const found = [...new Set(flat.flatMap((row) => [...row.fields.keys()]))]
  const fields = found.filter((field) => only?.includes(field) ?? !UNSHOWN.has(field))
  const failed = flat.some(({ error }) => error !== undefined)
  if (fields.length > MAX_COLUMNS) return flat.flatMap(formatList)
  const headings = [heading, ...fields.map(columnHeading), ...(failed ? ['ERROR'] : [])]
  return formatTable(
    headings,
    flat.map((row) => [row.name, ...fields.map((field) => row.fields.get(field) ?? ''), row.error ?? '']),
  )
}

function formatList(row: { name: string; fields: ReadonlyMap<string, string>; error: string | undefined }): string[] {
  const lines = [...row.fields].map(([field, text]) => `  ${printable(field)}: ${printable(text)}`)
  const error = row.error === undefined ? [] : [`  error: ${printable(row.error)}`]
  return [printable(row.name), ...lines, ...error]
}

function columnHeading(field: string): string {
  return field === '' ? 'RESULT' : field.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase()
}

/** Fields of a result; inner ones as `Outer.Inner`. A result that is no object is the field ''. */
function flatten(value: unknown, prefix = ''): Map<string, string> {
  if (value === undefined || (value === null && prefix === '')) return new Map()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[prefix, textOf(value)]])
  return new Map(
    Object.entries(value).flatMap(([name, inner]) => [...flatten(inner, prefix === '' ? name : `${prefix}.${name}`)]),
  )
}

function textOf(value: unknown): string {
  if (value === true) return 'yes'
  if (value === false) return 'no'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
