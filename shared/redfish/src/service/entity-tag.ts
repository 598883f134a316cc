import { createHash } from 'node:crypto'
import type { JsonObject } from './json-value.ts'

/** Changes by itself every second; a tag over it would be stale at once. */
const IGNORED: ReadonlySet<string> = new Set(['DateTime'])

/** A strong entity tag of the content, with its quotes. RFC 9110 §8.8.3. */
export function entityTag(body: JsonObject): string {
  const text = JSON.stringify(body, (name, value) => (IGNORED.has(name) ? undefined : value))
  return `"${createHash('sha1').update(text).digest('base64url')}"`
}

/** Whether a header If-Match or If-None-Match names the tag; `*` names all. Weak tags equal strong ones if `weakly`. */
export function namesTag(header: string, tag: string, weakly: boolean): boolean {
  if (header.trim() === '*') return true
  const plain = (text: string) => (weakly ? text.trim().replace(/^W\//, '') : text.trim())
  return header.split(',').some((given) => plain(given) === plain(tag))
}
