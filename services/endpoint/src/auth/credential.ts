/** What a request shows to be let in. */
export type Credential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }

/** Of an Authorization header, `Bearer TOKEN` or `Basic USER:PASSWORD`; undefined where it is missing or garbled. */
export function credentialOf(header: string | undefined): Credential | undefined {
  const [, scheme = '', text = ''] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', token: text }
  return scheme.toLowerCase() === 'basic' ? userAndPassword(Buffer.from(text, 'base64').toString('utf8')) : undefined
}

/** Of DRP's `?token=`, TOKEN or `USER:PASSWORD`. No token of ours has a colon. */
export function credentialOfQuery(text: string): Credential | undefined {
  return text.includes(':') ? userAndPassword(text) : { kind: 'token', token: text }
}

/** Undefined without a colon, or with nothing on either side of it. */
function userAndPassword(text: string): Credential | undefined {
  const at = text.indexOf(':')
  if (at < 1 || at === text.length - 1) return undefined
  return { kind: 'basic', user: text.slice(0, at), password: text.slice(at + 1) }
}
