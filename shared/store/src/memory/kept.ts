/** A stored value. */
export interface Kept {
  /** The value as JSON. */
  readonly text: string
  /** When the value expires, in milliseconds since 1970 by the wall clock; absent: never. */
  readonly expiresMs?: number
}

/** One write: key, JSON text of the value, and time of expiry if it has one. A delete has only the key. */
export type Change = readonly [key: string, text: string, expiresMs?: number] | readonly [key: string]

export function keptOf(text: string, expiresMs: number | undefined): Kept {
  return expiresMs === undefined ? { text } : { text, expiresMs }
}

export function isExpired(expiresMs: number | undefined, nowMs: number): boolean {
  return expiresMs !== undefined && expiresMs <= nowMs
}
