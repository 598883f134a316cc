/** What is kept under a key. */
export interface Kept {
  /** The value as JSON. */
  readonly text: string
  /** Wall clock, in milliseconds since 1970, from which on it is gone; absent where it stays. */
  readonly expiresMs?: number
}

export function keptOf(text: string, expiresMs: number | undefined): Kept {
  return expiresMs === undefined ? { text } : { text, expiresMs }
}

export function isExpired(expiresMs: number | undefined): boolean {
  return expiresMs !== undefined && expiresMs <= Date.now()
}
