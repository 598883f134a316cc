import { hash } from 'node:crypto'
import { writeUint32 } from '../codec/uint32.ts'

/** Block length of SHA-1 and SHA-256, in bytes. */
const BLOCK = 64
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** Longest message that needs no buffer of its own. */
const USUAL_LENGTH = 448
/** Most bytes of an HMAC here. */
const MOST_BYTES = 32

export type HashName = 'sha1' | 'sha256'

const outers = { sha1: Buffer.alloc(BLOCK + 20), sha256: Buffer.alloc(BLOCK + 32) } as const
const computed = Buffer.alloc(MOST_BYTES)
/** The padded key and the message, and the first n bytes of it, made once for each n: a view costs as much as a hash. */
let inner = Buffer.alloc(BLOCK + USUAL_LENGTH)
let views: Buffer[] = []
let length = 0
let hashName: HashName = 'sha1'

/**
 * HMAC of the parts that are added to it, in their order: 20 bytes for SHA-1, 32 for SHA-256. RFC 2104. `key`: 0..64 bytes.
 * One at a time: the next call begins the next one.
 *
 * Made for thousands of BMCs: two one-shot hashes cost a quarter of an Hmac object of node:crypto, and as text of one byte
 * per character less than as a Buffer of its own; parts are copied without views of them.
 */
export function hmac(name: HashName, key: Uint8Array): HmacParts {
  if (key.length > BLOCK) throw new RangeError('an HMAC key of at most 64 bytes was expected')
  const outer = outers[name]
  const message = inner
  for (let i = 0; i < BLOCK; i++) {
    const byte = i < key.length ? (key[i] ?? 0) : 0
    message[i] = byte ^ INNER_PAD
    outer[i] = byte ^ OUTER_PAD
  }
  hashName = name
  length = BLOCK
  return parts
}

export interface HmacParts {
  byte(value: number): HmacParts
  /** 4 bytes, least significant byte first. */
  uint32(value: number): HmacParts
  /** The bytes in [start, end). */
  bytes(part: Uint8Array, start?: number, end?: number): HmacParts
  digest(): Buffer
  /** Writes the first `count` bytes of the HMAC. */
  writeTo(target: Buffer, at: number, count: number): void
  /** Whether `code` has the first `count` bytes of the HMAC at `at`. The time taken does not depend on where they differ. */
  isAt(code: Uint8Array, at: number, count: number): boolean
}

const parts: HmacParts = {
  byte(value) {
    roomFor(1)[length++] = value
    return parts
  },
  uint32(value) {
    writeUint32(roomFor(4), length, value)
    length += 4
    return parts
  },
  bytes(part, start = 0, end = part.length) {
    const message = roomFor(end - start)
    const at = length - start
    for (let i = start; i < end; i++) message[at + i] = part[i] ?? 0
    length += end - start
    return parts
  },
  digest: () => Buffer.from(text(), 'binary'),
  writeTo: (target, at, count) => void target.write(text(), at, count, 'binary'),
  isAt(code, at, count) {
    if (code.length < at + count || count > MOST_BYTES) return false
    computed.write(text(), 0, 'binary')
    let difference = 0
    for (let i = 0; i < count; i++) difference |= (code[at + i] ?? 0) ^ (computed[i] ?? 0)
    return difference === 0
  },
}

/** The HMAC, a character for each byte. */
function text(): string {
  const outer = outers[hashName]
  outer.write(hash(hashName, view(), 'binary'), BLOCK, 'binary')
  return hash(hashName, outer, 'binary')
}

function view(): Buffer {
  const made = views[length] ?? inner.subarray(0, length)
  views[length] = made
  return made
}

/** The buffer, with room for so many more bytes. */
function roomFor(count: number): Buffer {
  if (length + count <= inner.length) return inner
  const grown = Buffer.alloc(2 * (length + count))
  grown.set(inner.subarray(0, length))
  inner = grown
  views = []
  return grown
}
