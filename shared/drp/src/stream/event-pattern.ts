import type { DrpEvent } from '../drp-event.ts'
import { DecodeError } from '../field-reader.ts'

/** Which events (§5): for each part of the subject the values wanted; an absent part takes any. */
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
 * Reads `TYPE.ACTION.KEY`, each part `*` or a comma-separated list, in which `\1` stands for a dot, `\2` for a comma and
 * `\3` for a star. Dots after the second one are the key's own, as DRP's client sends them.
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

/** The text that a stream is registered with. @throws RangeError for values that the escapes cannot say */
export function eventPatternText({ Type, Action, Key }: EventPattern): string {
  return [Type, Action, Key].map((values) => values?.map(escaped).join(',') ?? '*').join('.')
}

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
  if (value === '' || /\\[123]/.test(value)) throw new RangeError(`No pattern can name ${JSON.stringify(value)}`)
  return ESCAPES.reduce((text, [character, code]) => text.replaceAll(character, code), value)
}

function unescaped(text: string): string {
  return ESCAPES.reduce((value, [character, code]) => value.replaceAll(code, character), text)
}
