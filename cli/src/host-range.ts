import { UsageError } from './cli-error.ts'

/** Most names in one call of the command: two class B networks. */
export const maxHosts = 131_072

/** Most digits of a number in a range. */
const MAX_DIGITS = 9

/**
 * Expands host expressions to names, in order and each once. `node-[01-40,50]` keeps leading zeros, several brackets
 * multiply, and commas outside brackets separate. A bracket with a colon is an IPv6 address and stays. Throws a
 * UsageError for a malformed expression, and before it expands more than `limit` names.
 */
export function expandHosts(expressions: readonly string[], limit = maxHosts): string[] {
  const hosts = new Set<string>()
  let count = 0
  for (const expression of expressions.flatMap(splitOutsideBrackets)) {
    const parts = parseParts(expression)
    count += parts.reduce((product, part) => product * part.count, 1)
    if (count > limit)
      throw new UsageError(`'${shorten(expression)}' stands for more than ${limit} names: give a smaller range`)
    for (const host of productOf(parts)) hosts.add(host)
  }
  return [...hosts]
}

interface NumberRange {
  readonly from: number
  readonly to: number
  /** Digits that zeros pad numbers to. */
  readonly width: number
}

interface Part {
  readonly count: number
  values(): readonly string[]
}

function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const char = text[i]
    if (char === '[') depth++
    else if (char === ']') depth--
    if (depth < 0 || depth > 1) throw malformed(text, depth < 0 ? 'a ] without its [' : 'a [ inside brackets')
    if (char !== undefined && (depth > 0 || !/[,\s]/.test(char))) continue
    if (i > start) parts.push(text.slice(start, i))
    else if (char === ',' || (i > 0 && text[i - 1] === ',')) throw malformed(text, 'an empty name beside a comma')
    start = i + 1
  }
  if (depth > 0) throw malformed(text, 'a [ without its ]')
  return parts
}

function parseParts(expression: string): Part[] {
  return expression
    .split(/(\[[^\]]*\])/)
    .filter((text) => text !== '')
    .map((text) => (text.startsWith('[') && !text.includes(':') ? rangesPart(expression, text) : literalPart(text)))
}

function literalPart(text: string): Part {
  return { count: 1, values: () => [text] }
}

function rangesPart(expression: string, bracket: string): Part {
  const ranges = bracket
    .slice(1, -1)
    .split(',')
    .map((text) => parseRange(expression, text.trim()))
  return {
    count: ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    values: () => ranges.flatMap(numbersIn),
  }
}

function parseRange(expression: string, text: string): NumberRange {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text)
  const first = match?.[1]
  if (first === undefined) throw malformed(expression, `'${shorten(text)}' is neither a number nor a range like 01-40`)
  const last = match?.[2] ?? first
  if (first.length > MAX_DIGITS || last.length > MAX_DIGITS)
    throw malformed(expression, 'a number of more than 9 digits')
  if (last.startsWith('0') && last.length !== first.length) {
    throw malformed(expression, `'${text}' has ends of different widths`)
  }
  const range = { from: Number(first), to: Number(last), width: first.startsWith('0') ? first.length : 0 }
  if (range.from > range.to) throw malformed(expression, `'${text}' ends before it begins`)
  return range
}

function numbersIn({ from, to, width }: NumberRange): string[] {
  return Array.from({ length: to - from + 1 }, (_, at) => String(from + at).padStart(width, '0'))
}

/** Every value of the first part, with every one of the second, and so on. */
function productOf(parts: readonly Part[]): string[] {
  let names = ['']
  for (const part of parts) {
    const values = part.values()
    names = names.flatMap((name) => values.map((value) => name + value))
  }
  return names
}

function malformed(expression: string, what: string): UsageError {
  return new UsageError(`'${shorten(expression)}' is not a list of names: ${what}`)
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
