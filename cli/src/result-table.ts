import { formatTable, printable } from './table.ts'

export interface ResultRow {
  readonly name: string
  /** What it answered, or undefined where it failed. */
  readonly result?: unknown
  readonly error?: string
}

/** More columns than these are too wide for a terminal: such results are shown as lists. */
const MAX_COLUMNS = 7

/** Fields that programs may want, and people do not. */
const UNSHOWN: ReadonlySet<string> = new Set(['Attempts', 'ElapsedMs'])

/**
 * Results of many machines for a person: a table with a column for each field of the results, or for those of `only`;
 * lists of `field: value` under each name where that would be too wide.
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

/** Fields of a result, those of objects within it as `Outer.Inner`; a result that is no object is the field ''. */
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
