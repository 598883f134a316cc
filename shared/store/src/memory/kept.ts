/** What is kept under a key. */
export interface Kept {
  /** The value as JSON. */
  readonly text: string
  /** Wall clock, in milliseconds since 1970, from which on it is gone; absent where it stays. */
  readonly expiresMs?: number
}

/** One write: the value's JSON text and, where it is to go, the wall-clock time for that; or no second member for a delete. */
export type Change = readonly [key: string, text: string, expiresMs?: number] | readonly [key: string]

export function keptOf(text: string, expiresMs: number | undefined): Kept {
  return expiresMs === undefined ? { text } : { text, expiresMs }
}

export function isExpired(expiresMs: number | undefined, nowMs: number): boolean {
  return expiresMs !== undefined && expiresMs <= nowMs
}
