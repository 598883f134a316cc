import { SlackRefusal } from './slack-refusal.ts'

/** The arguments of a Web API call: strings from a form, any values from JSON. */
export type SlackArguments = Readonly<Record<string, unknown>>

/** A string or number as text; empty if absent or of another type. */
export function textOf(args: SlackArguments, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** True for true, 1, `true` and `1`. */
export function flagOf(args: SlackArguments, name: string): boolean {
  return ['true', '1', true, 1].includes(args[name] as string | number | boolean)
}

/** A value that a form carries as JSON text; undefined if absent. Throws the refusal `error` for invalid JSON. */
export function jsonOf(args: SlackArguments, name: string, error: string): unknown {
  const value = args[name]
  if (typeof value !== 'string') return value ?? undefined
  if (value === '') return undefined
  try {
    return JSON.parse(value)
  } catch {
    throw new SlackRefusal(error)
  }
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Empty on the last page. */
  readonly nextCursor: string
}

const PAGE_MAX = 1000

/**
 * Cursor paging: `limit` 1..1000, and the cursor of the page before. Slack's default limit differs by method.
 * Throws the refusals `invalid_limit` and `invalid_cursor`.
 */
export function pageOf<T>(all: readonly T[], args: SlackArguments, defaultLimit: number): Page<T> {
  const given = textOf(args, 'limit')
  const limit = given === '' || given === '0' ? defaultLimit : Number(given)
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) throw new SlackRefusal('invalid_limit')
  const start = startOf(textOf(args, 'cursor'))
  const end = start + limit
  return { items: all.slice(start, end), nextCursor: end < all.length ? cursorAt(end) : '' }
}

function cursorAt(position: number): string {
  return Buffer.from(`from:${position}`).toString('base64')
}

function startOf(cursor: string): number {
  if (cursor === '') return 0
  const found = /^from:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'))
  if (!found) throw new SlackRefusal('invalid_cursor')
  return Number(found[1])
}
