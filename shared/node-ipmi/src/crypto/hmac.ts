import { hash } from 'node:crypto'

/** Block length of SHA-1 and SHA-256, in bytes. */
const BLOCK = 64
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** Longest message that needs no buffer of its own. */
const USUAL_LENGTH = 448

const usual = Buffer.alloc(BLOCK + USUAL_LENGTH)
const outer = Buffer.alloc(BLOCK + 32)

/**
 * HMAC of the parts, joined: 20 bytes for SHA-1, 32 for SHA-256. RFC 2104. `key`: 0..64 bytes. Two one-shot hashes cost half
 * as much as an Hmac object of node:crypto.
 */
export function hmac(hashName: 'sha1' | 'sha256', key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  if (key.length > BLOCK) throw new RangeError('an HMAC key of at most 64 bytes was expected')
  let length = BLOCK
  for (const part of parts) length += part.length
  const inner = length <= usual.length ? usual : Buffer.alloc(length)
  for (let i = 0; i < BLOCK; i++) {
    const byte = i < key.length ? (key[i] ?? 0) : 0
    inner[i] = byte ^ INNER_PAD
    outer[i] = byte ^ OUTER_PAD
  }
  let at = BLOCK
  for (const part of parts) {
    inner.set(part, at)
    at += part.length
  }
  const digest = hash(hashName, inner.subarray(0, length), 'buffer')
  outer.set(digest, BLOCK)
  return hash(hashName, outer.subarray(0, BLOCK + digest.length), 'buffer')
}
