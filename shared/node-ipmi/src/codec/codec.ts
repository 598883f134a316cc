/** Reads and writes one data field. `decode` takes longer input and ignores the rest: some BMCs send trailing bytes. */
export interface Codec<T> {
  /** Fewest bytes that can be decoded. */
  readonly minLength: number
  /** Most bytes that mean something; `Infinity` for an open end. */
  readonly maxLength: number
  /** Throws MalformedError where fewer than `minLength` bytes came. */
  decode(bytes: Uint8Array): T
  encode(value: T): Uint8Array
}
