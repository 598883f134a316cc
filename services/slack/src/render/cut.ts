/** What stands at the end of a text that was cut. */
export const CUT_MARK = '…'

/**
 * At most `max` characters of mrkdwn, with a mark where something was left out. An entity (`&amp;`) or a token (`<...>`) is kept whole or
 * left out whole, and so is a pair of surrogates.
 */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  let end = Math.max(0, max - CUT_MARK.length)
  if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1
  const kept = text.slice(0, end)
  const token = kept.lastIndexOf('<')
  if (token > kept.lastIndexOf('>')) end = token
  const entity = kept.lastIndexOf('&')
  if (entity >= 0 && entity > kept.lastIndexOf(';') && entity < end && end - entity < 6) end = entity
  return `${text.slice(0, end).trimEnd()}${CUT_MARK}`
}
