import type { Incoming } from './incoming.ts'
import { isJsonObject, type JsonObject } from './json-value.ts'
import { readMultipart } from './multipart.ts'
import { refused } from './refusal.ts'

/** Deepest JSON that is read; deeper bodies are no bodies of Redfish. */
const MAX_DEPTH = 20

export interface Content {
  readonly body: JsonObject
  readonly parts: ReadonlyMap<string, Uint8Array>
}

/** The body of a request: JSON, or for pushes of images multipart or octets. Throws a Refusal with 400. */
export function readParts({ headers, body }: Incoming, takesOctets: boolean): Content {
  const mediaType = headers['content-type'] ?? ''
  if (takesOctets) {
    const isMultipart = /^multipart\/form-data/i.test(mediaType)
    return { body: {}, parts: isMultipart ? readMultipart(body, mediaType) : new Map([['', body]]) }
  }
  if (body.length === 0) return { body: {}, parts: new Map() }
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(body).toString())
  } catch {
    throw refused(400, 'MalformedJSON')
  }
  if (!isJsonObject(parsed) || isDeeper(parsed, MAX_DEPTH)) throw refused(400, 'UnrecognizedRequestBody')
  return { body: parsed, parts: new Map() }
}

function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return most === 0 || Object.values(value).some((inner) => isDeeper(inner, most - 1))
}
