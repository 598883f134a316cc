import { CsvError, type InfoRecord, parse } from 'csv-parse/sync'
import { parseParamText } from '../param-text.ts'
import type { Problem, RawEntry, RawFile } from './raw-file.ts'

/** Headings of params are `param:NAME`. */
const PARAM_PREFIX = 'param:'

interface CsvRow {
  readonly record: Readonly<Record<string, string>>
  readonly info: InfoRecord
}

/** Reads CSV with a heading line. Skips empty lines and lines that begin with `#`. */
export function readCsv(text: string): RawFile {
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
    if (error instanceof CsvError) return { entries: [], problems: [{ line: lineOf(error), text: error.message }] }
    throw error
  }
  return { entries: rows.map(toEntry), problems: checkHeadings(headings) }
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

function checkHeadings(headings: readonly string[]): Problem[] {
  if (headings.length === 0) return []
  const repeated = headings.filter((name, index) => headings.indexOf(name) !== index)
  const problems = repeated.map((name) => ({ line: 1, text: `column '${name}' appears twice` }))
  return headings.includes('name') ? problems : [...problems, { line: 1, text: "the heading has no column 'name'" }]
}

function lineOf(error: CsvError): number {
  const line: unknown = error.lines
  return typeof line === 'number' ? line : 1
}
