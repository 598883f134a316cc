import { CsvError, type InfoRecord, parse } from 'csv-parse/sync'
import { parseParamText } from '../param-text.ts'
import type { Complain, RawEntry } from './raw-entry.ts'

/** Headings of params are `param:NAME`. */
const PARAM_PREFIX = 'param:'

interface CsvRow {
  readonly record: Readonly<Record<string, string>>
  readonly info: InfoRecord
}

/** Reads CSV with a heading line. Skips empty lines and lines that begin with `#`. Calls `complain` with problems. */
export function readCsv(text: string, complain: Complain): RawEntry[] {
  const headings: string[] = []
  let rows: CsvRow[]
  try {
    rows = parse(text, {
      bom: true,
      columns: (names: string[]) => {
        headings.push(...names)
        return names
      },
      comment: '#',
      comment_no_infix: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as CsvRow[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    complain(lineOf(error), error.message)
    return []
  }
  for (const [index, name] of headings.entries()) {
    if (headings.indexOf(name) !== index) complain(1, `column '${name}' appears twice`)
  }
  if (headings.length > 0 && !headings.includes('name')) complain(1, "the heading has no column 'name'")
  return rows.map(toEntry)
}

function toEntry({ record, info }: CsvRow): RawEntry {
  const values: Record<string, unknown> = {}
  const params: Record<string, unknown> = {}
  for (const [heading, text] of Object.entries(record)) {
    if (!heading.startsWith(PARAM_PREFIX)) values[heading] = text
    else if (text !== '') params[heading.slice(PARAM_PREFIX.length)] = parseParamText(text)
  }
  return { line: info.lines, values, params }
}

function lineOf(error: CsvError): number {
  const line: unknown = error.lines
  return typeof line === 'number' ? line : 1
}
