import { formatTable, printable } from '../table.ts'

/**
 * A result as lines for a terminal: the power state, whether it changed, whether that is doubtful, and all other fields
 * by name. Lists follow, each as an indented table.
 */
export function resultLines(result: unknown): string[] {
  if (Array.isArray(result)) return [`${result.length} found`, ...tableOf(result)]
  const { Power, Changed, Verified, ...others } = result as Record<string, unknown>
  const power = Power === undefined ? [] : [String(Power)]
  const change = Changed === undefined ? [] : [Changed === true ? '(changed)' : '(as it was)']
  const lists = Object.entries(others).filter(([, value]) => isListOfObjects(value)) as [string, readonly unknown[]][]
  const rest = Object.entries(others).filter(([, value]) => !isListOfObjects(value))
  const doubt = Verified === false ? ['done, not verified'] : []
  const fields = rest.map(([name, value]) => `${name}=${valueText(value)}`)
  const counts = lists.map(([name, items]) => `${items.length} ${name}`)
  const line = printable([...power, ...change, ...doubt, ...fields, ...counts].join(' '))
  return [line, ...lists.flatMap(([, items]) => tableOf(items))]
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || value.some((item) => typeof item === 'object'))
}

/** A column for each field that an item has, indented. */
function tableOf(items: readonly unknown[]): string[] {
  if (items.length === 0) return []
  const rows = items.map((item) => (typeof item === 'object' && item !== null ? Object.entries(item) : [['', item]]))
  const names = [...new Set(rows.flatMap((row) => row.map(([name]) => String(name))))]
  const cells = rows.map((row) => {
    const fields = new Map(row.map(([name, value]) => [String(name), cellText(value)]))
    return names.map((name) => fields.get(name) ?? '')
  })
  return formatTable(
    names.map((name) => name.toUpperCase()),
    cells,
  ).map((line) => `  ${line}`)
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return value.map(cellText).join(', ')
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${cellText(inner)}`)
    .join(', ')
}

function valueText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
