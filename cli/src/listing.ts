import type { Command } from 'commander'
import { UsageError } from './cli-error.ts'
import type { Output } from './output.ts'
import { formatTable, printable } from './table.ts'

const formats = ['table', 'json', 'yaml', 'names', 'csv'] as const
type Format = (typeof formats)[number]

/** The options --output and --json of a command that lists or shows objects. */
export interface ListingOptions {
  readonly output?: Format
  readonly json?: true
}

/** How objects of one kind are listed. */
export interface Listing<T> {
  /** Cells by heading, for table and CSV. */
  readonly columns: Readonly<Record<string, (item: T) => string>>
  /** For `-o names`. */
  readonly name: (item: T) => string
  /** What the table says where there are none, and what to do about it. */
  readonly empty: string
  /** --json prints one array, as it did before there was --output. */
  readonly isArray?: true
}

/** Adds `-o` and `--json`. */
export function listingOptions(command: Command, json = 'as -o json'): Command {
  const format = (text: string): Format => {
    const found = formats.find((known) => known === text)
    if (found) return found
    throw new UsageError(`-o ${text}: give one of ${formats.join(', ')}`)
  }
  return command
    .option('-o, --output <format>', `${formats.join(', ')}; json is one object per line`, format)
    .option('--json', json)
}

/** Prints a list in the asked format; by default a table. */
export async function printList<T>(
  output: Output,
  items: readonly T[],
  listing: Listing<T>,
  options: ListingOptions,
): Promise<void> {
  const { columns, name, empty, isArray } = listing
  const rows = () => items.map((item) => Object.values(columns).map((cell) => cell(item)))
  const headings = Object.keys(columns)
  switch (formatOf(options, 'table')) {
    case 'json':
      if (isArray && options.json) output.json(items)
      else for (const item of items) output.json(item)
      break
    case 'yaml':
      output.line(await yamlOf(items))
      break
    case 'names':
      for (const item of items) output.line(printable(name(item)))
      break
    case 'csv':
      output.lines([headings, ...rows()].map((row) => row.map(csvCell).join(',')))
      break
    case 'table':
      output.lines(items.length === 0 ? [empty] : formatTable(headings, rows()))
  }
}

/** Prints one object; by default as YAML, which shows all of it. */
export async function printOne<T>(
  output: Output,
  item: T,
  listing: Listing<T>,
  options: ListingOptions,
): Promise<void> {
  const format = formatOf(options, 'yaml')
  if (format === 'yaml') output.line(await yamlOf(item))
  else await printList(output, [item], listing, { output: format })
}

function formatOf({ output, json }: ListingOptions, otherwise: Format): Format {
  if (json && output !== undefined && output !== 'json') throw new UsageError('give either -o or --json, not both')
  return output ?? (json ? 'json' : otherwise)
}

async function yamlOf(value: unknown): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(value, { lineWidth: 0 }).trimEnd()
}

/** RFC 4180. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
