const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])

/** Control characters, line ends and marks that turn the direction of writing: none of them belongs into a name. */
const UNSEEN = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu

/**
 * Text of others for mrkdwn: what Slack reads as a mention, a link or an entity is shown as it is written
 * (https://docs.slack.dev/messaging/formatting-message-text#escaping).
 */
export function escapeText(text: string): string {
  return text.replace(UNSEEN, ' ').replace(/[&<>]/g, (character) => entities.get(character) ?? character)
}

/** The same as a code span, in which nothing is formatted. */
export function codeSpan(text: string): string {
  const inside = escapeText(text).replaceAll('`', 'ˋ').trim()
  return inside === '' ? '' : `\`${inside}\``
}
