const broadcast = new Map([
  ['@here', '<!here>'],
  ['@channel', '<!channel>'],
  ['@everyone', '<!everyone>'],
])

/** `@here U012AB3CD S0614TZR7` as Slack wants it in a message; undefined where a word is none of them. */
export function mentionText(words: string): string | undefined {
  const found = words
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(one)
  return found.length > 0 && found.every((text) => text !== undefined) ? found.join(' ') : undefined
}

function one(word: string): string | undefined {
  const id = word.replace(/^@/, '')
  if (/^[UW][A-Z0-9]{2,}$/.test(id)) return `<@${id}>`
  if (/^S[A-Z0-9]{2,}$/.test(id)) return `<!subteam^${id}>`
  return broadcast.get(word)
}
