/**
 * A time that Slack shows in each reader's own zone, with UTC for clients that cannot
 * (https://docs.slack.dev/messaging/formatting-message-text#date-formatting). Empty for what is no time.
 */
export function timeToken(value: unknown, format = '{time_secs}'): string {
  const timeMs = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  // Years 1970 to 9999.
  if (!(timeMs >= 0 && timeMs < 253_402_300_800_000)) return ''
  const utc = new Date(timeMs).toISOString().replace('T', ' ').slice(0, 19)
  const safe = format.replace(/[<>|^&]/g, '')
  return `<!date^${Math.floor(timeMs / 1000)}^${safe}|${utc} UTC>`
}
