import { type Logger, pino } from 'pino'
import { printable } from '../table.ts'

/** Fields that every line has, or that a person has no use for. */
const UNSHOWN: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'plugin', 'group', 'sequence'])

/** Warnings and worse to standard error: a line for people on a terminal, JSON lines elsewhere. */
export function upLog(): Logger {
  const people = { write: (line: string) => process.stderr.write(`${readableLine(line)}\n`) }
  return pino({ level: 'warn' }, process.stderr.isTTY ? people : pino.destination(2))
}

/** `12:00:00 warn ipmi: text (field: value)` of a line of pino's. */
export function readableLine(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>
  const time = new Date(Number(fields.time)).toTimeString().slice(0, 8)
  const level = pino.levels.labels[Number(fields.level)] ?? 'log'
  const source = typeof fields.plugin === 'string' ? `${fields.plugin}: ` : ''
  const others = Object.entries(fields).filter(([name]) => !UNSHOWN.has(name))
  const details = others.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const suffix = details.length > 0 ? ` (${details.join(', ')})` : ''
  return printable(`${time} ${level} ${source}${String(fields.msg ?? '')}${suffix}`)
}
