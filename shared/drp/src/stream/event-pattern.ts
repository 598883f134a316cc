import type { DrpEvent } from '../drp-event.ts'
import { DecodeError } from '../field-reader.ts'

/** Selects events (§5) by lists of values for each part of the subject. An absent part matches any value. */
export interface EventPattern {
  readonly Type?: readonly string[]
  readonly Action?: readonly string[]
  readonly Key?: readonly string[]
}

/** Longest pattern as text, in characters. */
export const EVENT_PATTERN_LENGTH_MAX = 4096

const ESCAPES: readonly (readonly [character: string, code: string])[] = [
  ['.', '\\1'],
  [',', '\\2'],
  ['*', '\\3'],
]

/**
 * Reads `TYPE.ACTION.KEY`. Each part is `*` or a comma-separated list, in which `\1` means a dot, `\2` a comma and `\3`
 * a star. Dots after the second belong to the key, as in patterns of DRP's client.
 * @throws DecodeError
 */
export function parseEventPattern(text: string): EventPattern {
  const [, type, action, key] = /^([^.]*)\.([^.]*)\.(.*)$/s.exec(text) ?? []
  const isTooLong = text.length > EVENT_PATTERN_LENGTH_MAX
  if (isTooLong || type === undefined || action === undefined || key === undefined) {
    throw new DecodeError('Pattern', `TYPE.ACTION.KEY of at most ${EVENT_PATTERN_LENGTH_MAX} characters`, text)
  }
  return { ...part('Type', type), ...part('Action', action), ...part('Key', key) }
}

/** The pattern as text for `register`. @throws RangeError for empty values and values with `\1`, `\2` or `\3` */
export function eventPatternText({ Type, Action, Key }: EventPattern): string {
  return [Type, Action, Key].map((values) => values?.map(escaped).join(',') ?? '*').join('.')
}

/** Whether every part of the pattern matches the event. */
export function matchesEvent(pattern: EventPattern, event: Pick<DrpEvent, 'Type' | 'Action' | 'Key'>): boolean {
  const { Type, Action, Key } = pattern
  const fits = (wanted: readonly string[] | undefined, value: string) => wanted?.includes(value) ?? true
  return fits(Type, event.Type) && fits(Action, event.Action) && fits(Key, event.Key)
}

function part(name: 'Type' | 'Action' | 'Key', text: string): EventPattern {
  const values = text.split(',')
  if (values.includes('*')) return {}
  if (values.includes('')) throw new DecodeError(`Pattern.${name}`, '* or a list of names', '')
  return { [name]: values.map(unescaped) }
}

function escaped(value: string): string {
  if (value === '' || /\\[123]/.test(value))
    throw new RangeError(`A pattern cannot contain the value ${JSON.stringify(value)}`)
  return ESCAPES.reduce((text, [character, code]) => text.replaceAll(character, code), value)
}

function unescaped(text: string): string {
  return ESCAPES.reduce((value, [character, code]) => value.replaceAll(code, character), text)
}
