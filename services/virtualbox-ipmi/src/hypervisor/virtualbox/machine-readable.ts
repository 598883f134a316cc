/**
 * Reads what `showvminfo --machinereadable` prints: `key="text"`, `key=number`, `"key"="text"`. Inside quotes `\"` and `\\` stand for a
 * quote and a backslash, and text may go over several lines (a description). Some texts are printed as they are, quotes and all
 * (adapter names, state files), so a value ends at a quote that ends its line; what follows the quote (`VideoMode="720,400,0"@0,0 1`) is
 * left out. A line without `=` (`Encryption:     disabled`, since 7.0) is passed over. The first of equal keys counts.
 */
export function readMachineReadable(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/)
  const found = new Map<string, string>()
  for (let at = 0; at < lines.length; at += 1) {
    const entry = readKey(lines[at] ?? '')
    if (!entry) continue
    const value = entry.rest.startsWith('"')
      ? readText(lines, at, entry.rest.slice(1))
      : { text: entry.rest.trim(), at }
    at = value.at
    if (!found.has(entry.key)) found.set(entry.key, value.text)
  }
  return found
}

const QUOTED_KEY = /^"((?:[^"\\]|\\.)*)"=/

function readKey(line: string): { key: string; rest: string } | undefined {
  const quoted = QUOTED_KEY.exec(line)
  if (quoted) return { key: unescaped(quoted[1] ?? ''), rest: line.slice(quoted[0].length) }
  const equals = line.indexOf('=')
  return equals > 0 ? { key: line.slice(0, equals), rest: line.slice(equals + 1) } : undefined
}

/** Where a text ends: at the last quote of its line that no backslash takes, or else at the first one. */
function endOf(line: string): number | undefined {
  const quotes = [...line.matchAll(/\\.|"/g)].filter(([match]) => match === '"').map(({ index }) => index)
  const last = quotes.at(-1)
  return last === line.length - 1 ? last : quotes[0]
}

function readText(lines: readonly string[], start: number, first: string): { text: string; at: number } {
  const parts: string[] = []
  for (let at = start; at < lines.length; at += 1) {
    const line = at === start ? first : (lines[at] ?? '')
    const end = endOf(line)
    if (end !== undefined) return { text: unescaped([...parts, line.slice(0, end)].join('\n')), at }
    parts.push(line)
  }
  // Nobody closes it: it takes no other line with it.
  return { text: unescaped(first), at: start }
}

function unescaped(text: string): string {
  return text.replace(/\\(["\\])/g, '$1')
}
