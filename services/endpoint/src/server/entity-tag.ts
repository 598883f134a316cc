import { createHash } from 'node:crypto'

/** Bytes of the hash: by chance two answers of 2^64 have one tag. */
const HASH_BYTES = 16

/** The strong entity tag of an answer (RFC 9110 §8.8.3): it changes exactly when the text does. */
export function entityTagOf(text: string): string {
  const hash = createHash('sha256').update(text).digest().subarray(0, HASH_BYTES)
  return `"${hash.toString('base64url')}"`
}

/** Whether If-None-Match names the tag, compared weakly (RFC 9110 §13.1.2); quotes may be missing. */
export function namesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  const bare = (text: string) => text.trim().replace(/^W\//, '').replaceAll('"', '')
  return header.split(',').some((one) => bare(one) === '*' || bare(one) === bare(tag))
}
