import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { JsonObject } from '../resources/resource.ts'

/** Deepest nesting that is read; Redfish needs about ten. */
const DEPTH_LIMIT = 64

/** Why a body could not be read, in words that follow "the answer". */
export class BodyFault extends Error {
  override readonly name = 'BodyFault'
}

const decoders: Readonly<Record<string, typeof gunzip>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: brotliDecompress as typeof gunzip,
}

/** Undoes the content encoding, also where it was not asked for. @throws BodyFault over `maxBytes` or if damaged */
export async function decompressed(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '' || body.length === 0) return body
  const decode = decoders[name]
  if (!decode) throw new BodyFault(`has an unknown encoding, ${JSON.stringify(name.slice(0, 40))}`)
  return new Promise((resolve, reject) => {
    decode(body, { maxOutputLength: maxBytes }, (error, result) => {
      if (!error) return resolve(result)
      const isTooLarge = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
      reject(new BodyFault(isTooLarge ? `is larger than ${maxBytes} bytes` : `is damaged ${name}`))
    })
  })
}

/** The JSON object of a body; undefined for an empty one. @throws BodyFault */
export function parseBody(body: Buffer): JsonObject | undefined {
  // A byte order mark, and the zero bytes that some firmware counts into the length.
  const text = body
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .replace(/[\0\s]+$/, '')
  if (text === '') return undefined
  if (isDeep(text)) throw new BodyFault(`is nested deeper than ${DEPTH_LIMIT} levels`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BodyFault(/^[[{"]/.test(text) ? 'is cut or damaged JSON' : 'is not JSON')
  }
  if (!isJsonObject(value)) throw new BodyFault('is JSON, but no object')
  return value
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Counted before parsing: what is too deep is never built. */
function isDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) {
      depth++
      if (depth > DEPTH_LIMIT) return true
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return false
}
