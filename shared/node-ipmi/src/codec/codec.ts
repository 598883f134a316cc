/**
 * Reads and writes one message or data field. `decode` ignores bytes after the end, since some BMCs send trailing
 * bytes.
 */
export interface Codec<T> {
  /** Fewest bytes that can be decoded. */
  readonly minLength: number
  /** Most bytes that carry data; `Infinity` for an open end. */
  readonly maxLength: number
  /** Throws MalformedError for fewer than `minLength` bytes. */
  decode(bytes: Uint8Array): T
  encode(value: T): Uint8Array
}
