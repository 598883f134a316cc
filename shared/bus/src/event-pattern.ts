import { BusError } from './bus-error.ts'
import type { BusEvent } from './bus-event.ts'

/** Which events: each part is `*` for any, or the very text. */
export interface EventPattern {
  readonly Type: string
  readonly Action: string
  readonly Key: string
}

export const everyEvent: EventPattern = { Type: '*', Action: '*', Key: '*' }

export type EventSubject = Pick<BusEvent, 'Type' | 'Action' | 'Key'>

/** Whether any of the patterns takes the event. */
export function matches(patterns: readonly EventPattern[], event: EventSubject): boolean {
  const fits = (wanted: string, part: string) => wanted === '*' || wanted === part
  return patterns.some(
    ({ Type, Action, Key }) => fits(Type, event.Type) && fits(Action, event.Action) && fits(Key, event.Key),
  )
}

/** They are kept where 4096 bytes have room: on NATS the description of a consumer. */
const PATTERNS_BYTES_MAX = 4000

/** Throws BusError INPUT for none, and for too many. */
export function checkPatterns(patterns: readonly EventPattern[]): void {
  if (patterns.length === 0) throw new BusError('INPUT', 'a subscription needs at least one pattern')
  const bytes = Buffer.byteLength(JSON.stringify(patterns.map(({ Type, Action, Key }) => [Type, Action, Key])))
  if (bytes <= PATTERNS_BYTES_MAX) return
  throw new BusError(
    'INPUT',
    `the patterns of a subscription have at most ${PATTERNS_BYTES_MAX} bytes, these have ${bytes}`,
  )
}

/** The narrowest pattern that takes all that these take. Throws BusError INPUT for none. */
export function coverOf(patterns: readonly EventPattern[]): EventPattern {
  const [first, ...rest] = patterns
  if (first === undefined) throw new BusError('INPUT', 'a subscription needs at least one pattern')
  return rest.reduce(
    (cover, { Type, Action, Key }) => ({
      Type: cover.Type === Type ? Type : '*',
      Action: cover.Action === Action ? Action : '*',
      Key: cover.Key === Key ? Key : '*',
    }),
    first,
  )
}
