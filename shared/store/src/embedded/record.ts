import { crc32 } from 'node:zlib'

/**
 * A record of journal and snapshot: 4 bytes magic, length and CRC-32 of the payload (both unsigned 32-bit, big endian),
 * payload. The payload is JSON in UTF-8, which never has the byte FFh. So the magic never occurs inside a payload.
 */
const MAGIC = Buffer.from([0xff, 0x50, 0x42, 0x4a])
export const HEADER_BYTES = 12
const PAYLOAD_BYTES_MAX = 0x7fffffff

/** One record with this payload. */
export function encodeRecord(payload: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(payload), 'utf8')
  const record = Buffer.allocUnsafe(HEADER_BYTES + text.length)
  MAGIC.copy(record)
  record.writeUInt32BE(text.length, 4)
  record.writeUInt32BE(crc32(text), 8)
  text.copy(record, HEADER_BYTES)
  return record
}

export interface DecodedRecord {
  readonly payload: unknown
  /** Offset of the first byte after the record. */
  readonly end: number
}

/** The record at `offset`; undefined if there is no complete and intact record. */
export function decodeRecord(bytes: Buffer, offset: number): DecodedRecord | undefined {
  if (offset + HEADER_BYTES > bytes.length || bytes.compare(MAGIC, 0, 4, offset, offset + 4) !== 0) return undefined
  const length = bytes.readUInt32BE(offset + 4)
  const start = offset + HEADER_BYTES
  if (length === 0 || length > PAYLOAD_BYTES_MAX || start + length > bytes.length) return undefined
  const text = bytes.subarray(start, start + length)
  if (crc32(text) !== bytes.readUInt32BE(offset + 8)) return undefined
  return { payload: JSON.parse(text.toString('utf8')), end: start + length }
}

/** Offset of the next intact record at or after `offset`; undefined if there is none. */
export function findRecord(bytes: Buffer, offset: number): number | undefined {
  for (let at = bytes.indexOf(MAGIC, offset); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    if (decodeRecord(bytes, at) !== undefined) return at
  }
  return undefined
}
