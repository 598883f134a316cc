/**
 * Reads the output of `showvminfo --machinereadable`: `key="text"`, `key=number`, `"key"="text"`. Inside quotes `\"`
 * and `\\` stand for a quote and a backslash, and a text (a description) may have several lines. Some texts (adapter
 * names, state files) are printed without escapes, so a value ends at a quote that ends its line. Text after the quote
 * is left out (`VideoMode="720,400,0"@0,0 1`), as is a line without `=` (`Encryption:     disabled`, since 7.0). Of
 * equal keys the first counts.
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

/** Index of the quote that ends a text: an unescaped one at the end of the line, else the first unescaped one. */
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
  // A text without an end is one line long.
  return { text: unescaped(first), at: start }
}

function unescaped(text: string): string {
  return text.replace(/\\(["\\])/g, '$1')
}
