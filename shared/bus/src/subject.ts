import { BusError } from './bus-error.ts'

/** All subjects begin with it; another number is another contract. */
export const PREFIX = 'powerbus.v1'

/** Bytes of one part before it is escaped; four such parts fit into NATS' control line of 4096 bytes. */
export const PART_BYTES_MAX = 256
const EMPTY = '%_'
const PLAIN = /^[A-Za-z0-9_-]+$/

/** Throws BusError INPUT where the part is too long. */
export function checkPart(part: string): void {
  // A UTF-16 unit has at most three bytes of UTF-8.
  if (part.length * 3 <= PART_BYTES_MAX) return
  const bytes = Buffer.byteLength(part)
  if (bytes > PART_BYTES_MAX) {
    throw new BusError('INPUT', `a part of a subject has at most ${PART_BYTES_MAX} bytes, this one has ${bytes}`)
  }
}

/**
 * One part as a token of a subject: letters, digits, `-` and `_` stay, every other byte of its UTF-8 becomes `%` and two
 * capital hex digits, and the empty part is `%_`. So a token holds no dot, blank, star, `>`, control or non-ASCII
 * character, and `unescapePart` gives the part back. (A lone surrogate is not text, and becomes U+FFFD.)
 */
export function escapePart(part: string): string {
  if (PLAIN.test(part)) return part
  if (part === '') return EMPTY
  let token = ''
  for (const byte of Buffer.from(part, 'utf8')) {
    const character = String.fromCharCode(byte)
    token += PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return token
}

/** Throws BusError INPUT for what `escapePart` never gives. */
export function unescapePart(token: string): string {
  if (token === EMPTY) return ''
  if (!/^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+$/.test(token)) throw new BusError('INPUT', `not an escaped part: ${token}`)
  const bytes: number[] = []
  for (let at = 0; at < token.length; at += 1) {
    const isEscape = token[at] === '%'
    bytes.push(isEscape ? Number.parseInt(token.slice(at + 1, at + 3), 16) : token.charCodeAt(at))
    if (isEscape) at += 2
  }
  return Buffer.from(bytes).toString('utf8')
}

/** `powerbus.v1.` and the escaped parts. Throws BusError INPUT. */
export function subjectOf(...parts: readonly string[]): string {
  for (const part of parts) checkPart(part)
  return [PREFIX, ...parts.map(escapePart)].join('.')
}

/** The subject of an event. Throws BusError INPUT. */
export function eventSubjectOf({ Type, Action, Key }: Record<'Type' | 'Action' | 'Key', string>): string {
  for (const part of [Type, Action, Key]) checkPart(part)
  return `${PREFIX}.event.${escapePart(Type)}.${escapePart(Action)}.${escapePart(Key)}`
}

/** As `subjectOf`; a part that is a star stands for any part. */
export function patternOf(...parts: readonly string[]): string {
  for (const part of parts) checkPart(part)
  return [PREFIX, ...parts.map((part) => (part === '*' ? part : escapePart(part)))].join('.')
}

/** The parts of a subject below `powerbus.v1`. */
export function partsOf(subject: string): string[] {
  return subject
    .slice(PREFIX.length + 1)
    .split('.')
    .map(unescapePart)
}
