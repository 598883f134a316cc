import { createHash } from 'node:crypto'

/** What makers leave in a machine's DMI table in place of a value of its own, in lower case. */
const WORDS: ReadonlySet<string> = new Set([
  '',
  '0',
  'default',
  'default string',
  'empty',
  'n/a',
  'na',
  'none',
  'not applicable',
  'not available',
  'not present',
  'not provided',
  'not settable',
  'not specified',
  'null',
  'o.e.m.',
  'oem',
  'serial number',
  'system serial number',
  'chassis serial number',
  'system manufacturer',
  'system product name',
  'system version',
  'to be filled by o.e.m.',
  'to be filled by o.e.m',
  'undefined',
  'unknown',
  'uninitialized',
  'xxxxxxxx',
])

/** UUIDs that whole series of boards have. */
const SHARED_UUIDS: ReadonlySet<string> = new Set([
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
])

/** Whether a serial number, UUID or MAC address is none of the machine's own. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim().toLowerCase()
  // All digits alike: 00000000-0000-…, ff:ff:ff:ff:ff:ff, 0000000.
  return WORDS.has(text) || SHARED_UUIDS.has(text) || /^[-:. ]*([0-9a-fx])(?:\1|[-:. ])*$/.test(text)
}

/** As makers write them; a fingerprint is a hash, so the exact text counts. */
const WRITTEN = [
  '',
  'Default string',
  'To be filled by O.E.M.',
  'To Be Filled By O.E.M.',
  'None',
  'Not Specified',
  'Not Applicable',
  'System Serial Number',
  'System manufacturer',
  'System Product Name',
  'Chassis Serial Number',
  'Unknown',
  'N/A',
  '0',
  '00000000',
  '0123456789',
  '123456789',
  'INVALID',
  'OEM',
  'O.E.M.',
]

let hashes: ReadonlySet<string> | undefined

/**
 * Whether a hash of a fingerprint, in base64, is of placeholders alone. DRP's clients send SHA-256 over manufacturer,
 * product and serial number, so what a real manufacturer's name stands before cannot be seen.
 */
export function isPlaceholderHash(base64: string): boolean {
  if (isPlaceholder(base64) || isPlaceholder(Buffer.from(base64, 'base64').toString('latin1'))) return true
  hashes ??= new Set(WRITTEN.flatMap((a) => WRITTEN.flatMap((b) => WRITTEN.map((c) => hashOf(a + b + c)))))
  return hashes.has(base64)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
