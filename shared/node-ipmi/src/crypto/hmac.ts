import { hash } from 'node:crypto'

/** Block length of SHA-1 and SHA-256, in bytes. */
const BLOCK = 64
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c
/** Longest message that needs no buffer of its own. */
const USUAL_LENGTH = 448

const usual = Buffer.alloc(BLOCK + USUAL_LENGTH)
/** The first n bytes of `usual`, made once for each n: a view costs as much as a hash. */
const usualViews: Buffer[] = []
const outers = { sha1: Buffer.alloc(BLOCK + 20), sha256: Buffer.alloc(BLOCK + 32) } as const

/**
 * HMAC of the parts, joined: 20 bytes for SHA-1, 32 for SHA-256. RFC 2104. `key`: 0..64 bytes. Two one-shot hashes cost half
 * as much as an Hmac object of node:crypto.
 */
export function hmac(hashName: 'sha1' | 'sha256', key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  if (key.length > BLOCK) throw new RangeError('an HMAC key of at most 64 bytes was expected')
  let length = BLOCK
  for (let i = 0; i < parts.length; i++) length += parts[i]?.length ?? 0
  const inner = length <= usual.length ? usualView(length) : Buffer.alloc(length)
  const outer = outers[hashName]
  for (let i = 0; i < BLOCK; i++) {
    const byte = i < key.length ? (key[i] ?? 0) : 0
    inner[i] = byte ^ INNER_PAD
    outer[i] = byte ^ OUTER_PAD
  }
  let at = BLOCK
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array
    inner.set(part, at)
    at += part.length
  }
  outer.set(hash(hashName, inner, 'buffer'), BLOCK)
  return hash(hashName, outer, 'buffer')
}

function usualView(length: number): Buffer {
  const view = usualViews[length] ?? usual.subarray(0, length)
  usualViews[length] = view
  return view
}
