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
