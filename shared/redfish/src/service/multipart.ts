import { refused } from './refusal.ts'

const MAX_PARTS = 10

/** The parts of a multipart/form-data body by their names. Throws a Refusal with 400 for a malformed one. RFC 7578. */
export function readMultipart(body: Uint8Array, mediaType: string): ReadonlyMap<string, Uint8Array> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(mediaType)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) throw refused(400, 'MissingOrMalformedPart')
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const parts = new Map<string, Uint8Array>()
  const delimiter = `--${mark}`
  let start = buffer.indexOf(delimiter)
  while (start >= 0) {
    const from = start + delimiter.length
    if (buffer.subarray(from, from + 2).toString() === '--') return parts
    const end = buffer.indexOf(`\r\n${delimiter}`, from)
    const split = buffer.indexOf('\r\n\r\n', from)
    if (end < 0 || split < 0 || split > end || parts.size >= MAX_PARTS) break
    const name = /\bname="([^"]*)"/i.exec(buffer.subarray(from, split).toString('latin1'))?.[1]
    if (name === undefined) break
    parts.set(name, buffer.subarray(split + 4, end))
    start = end + 2
  }
  throw refused(400, 'MissingOrMalformedPart')
}
