import type { JsonValue } from '../resources/resource.ts'

const HIDDEN = '[secret]'
const SECRET_NAME = /pass(word|phrase)|secret|token|privatekey|community/i

/** Replaces secrets in texts that come from a BMC: some echo the value that they refuse. */
export type Hide = (text: string) => string

export function hiderOf(secrets: readonly string[]): Hide {
  // The longest first, so that none leaves the rest of another.
  const known = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
  return (text) => {
    const hidden = known.reduce((result, secret) => result.replaceAll(secret, HIDDEN), text)
    return hidden.replace(/(?<=:\/\/)[^\s/@]+@/g, `${HIDDEN}@`)
  }
}

/** Values of a body's properties that are called a password, secret or token, at any depth. */
export function secretsIn(body: JsonValue | undefined): string[] {
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, value]) =>
    typeof value === 'string' ? (SECRET_NAME.test(name) ? [value] : []) : secretsIn(value),
  )
}
