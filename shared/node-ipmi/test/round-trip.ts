import type { Test } from 'tap'
import type { Codec } from '../src/codec/codec.ts'
import { MalformedError } from '../src/codec/malformed-error.ts'

/** Bytes that together expose swapped fields: neighbouring, next but one, and nibble-wide. */
const PATTERNS = [0xaa, 0xcc, 0xf0, 0x00, 0xff]
const OPEN_TAIL = 3

/** Checks that a codec encodes what it decoded, reserved bits aside, refuses short input and ignores extra bytes. */
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
    // The codec may omit optional trailing bytes that are zero.
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
