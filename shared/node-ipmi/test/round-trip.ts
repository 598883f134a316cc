import type { Test } from 'tap'
import type { Codec } from '../src/codec/codec.ts'
import { MalformedError } from '../src/codec/malformed-error.ts'

/** Bytes that together show every swapped pair of neighbouring, next but one, and nibble-wide fields. */
const PATTERNS = [0xaa, 0xcc, 0xf0, 0x00, 0xff]
const OPEN_TAIL = 3

/** That a codec writes what it read (reserved bits aside), refuses too little, and takes too much as if it were cut. */
export function roundTrip<T>(t: Test, name: string, codec: Codec<T>): void {
  const open = codec.maxLength === Number.POSITIVE_INFINITY
  const length = open ? codec.minLength + OPEN_TAIL : codec.maxLength
  const filled = (byte: number) => new Uint8Array(length).fill(byte)
  const mask = codec.encode(codec.decode(filled(0xff)))
  for (const pattern of PATTERNS) {
    const data = filled(pattern)
    const expected = mask.map((byte) => byte & pattern)
    const written = codec.encode(codec.decode(data))
    t.ok(written.length >= codec.minLength, `${name}: ${pattern.toString(16)} is long enough`)
    // Optional trailing bytes that are zero may be left out.
    const padded = Uint8Array.from(expected, (_, i) => written[i] ?? 0)
    t.strictSame(padded, expected, `${name}: ${pattern.toString(16)}`)
    if (!open) {
      const longer = new Uint8Array(length + 2).fill(pattern)
      t.strictSame(codec.decode(longer), codec.decode(data), `${name}: trailing bytes are ignored`)
    }
  }
  for (let short = 0; short < codec.minLength; short++) {
    t.throws(() => codec.decode(new Uint8Array(short)), MalformedError, `${name}: ${short} bytes are too few`)
  }
}
