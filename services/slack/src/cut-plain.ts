/** Ends a text that was cut. */
const CUT_MARK = '…'

/** Characters as people see them: an emoji with its skin colour, a flag, a letter with its accents. */
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** At most `max` UTF-16 units of a text, with `…` at the end if something was cut, which is never inside a character. */
export function cutPlain(text: string, max: number): string {
  return cutAt(text, max, (end) => end)
}

/**
 * As `cutPlain`, for a text in a notation: `toBoundary` gives the last place at or before `end` at which it may be cut.
 */
export function cutAt(text: string, max: number, toBoundary: (end: number) => number): string {
  if (text.length <= max) return text
  let end = Math.max(0, max - CUT_MARK.length)
  for (let before = -1; end !== before; ) {
    before = end
    end = toBoundary(characters.segment(text).containing(end)?.index ?? end)
  }
  return `${text.slice(0, end).trimEnd()}${CUT_MARK}`
}
