/**
 * A result on one line: the power state, whether it changed, whether that is doubtful, and all other fields by name. The items of a list
 * follow, each on a line of its own.
 */
export function resultText(result: unknown): string {
  if (Array.isArray(result)) return [`${result.length} found`, ...result.map(itemText)].join('\n  ')
  const { Power, Changed, Verified, ...others } = result as Record<string, unknown>
  const power = Power === undefined ? [] : [String(Power)]
  const change = Changed === undefined ? [] : [Changed === true ? '(changed)' : '(as it was)']
  const lists = Object.entries(others).filter(([, value]) => isListOfObjects(value)) as [string, readonly unknown[]][]
  const rest = Object.entries(others).filter(([, value]) => !isListOfObjects(value))
  const doubt = Verified === false ? ['done, not verified'] : []
  const fields = rest.map(([name, value]) => `${name}=${valueText(value)}`)
  const counts = lists.map(([name, items]) => `${items.length} ${name}`)
  const line = [...power, ...change, ...doubt, ...fields, ...counts].join(' ')
  return [line, ...lists.flatMap(([, items]) => items.map(itemText))].join('\n  ')
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || value.some((item) => typeof item === 'object'))
}

function itemText(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item)
  return Object.entries(item)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(' ')
}

function valueText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}
