import { type Logger, pino } from 'pino'
import { printable } from '../table.ts'

/** Fields that readable lines leave out. */
const UNSHOWN: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'plugin', 'group', 'sequence'])

/** Logs warnings and errors to standard error: readable lines on a terminal, else JSON. */
export function upLog(): Logger {
  const people = { write: (line: string) => process.stderr.write(`${readableLine(line)}\n`) }
  return pino({ level: 'warn' }, process.stderr.isTTY ? people : pino.destination(2))
}

/** Formats a line of pino as `12:00:00 warn ipmi: text (field: value)`. */
export function readableLine(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>
  const time = new Date(Number(fields.time)).toTimeString().slice(0, 8)
  const level = pino.levels.labels[Number(fields.level)] ?? 'log'
  const source = typeof fields.plugin === 'string' ? `${fields.plugin}: ` : ''
  const others = Object.entries(fields).filter(([name]) => !UNSHOWN.has(name))
  const details = others.map(([name, value]) => `${name}: ${detail(value)}`)
  const suffix = details.length > 0 ? ` (${details.join(', ')})` : ''
  return printable(`${time} ${level} ${source}${String(fields.msg ?? '')}${suffix}`)
}

/** An error is shown with its message, to which pino adds those of its causes; the JSON lines have its stack too. */
function detail(value: unknown): string {
  if (typeof value === 'string') return value
  const { type, message, stack } = Object(value) as Readonly<Record<string, unknown>>
  if (typeof stack === 'string') return `${String(type)}: ${String(message)}`
  return JSON.stringify(value)
}
