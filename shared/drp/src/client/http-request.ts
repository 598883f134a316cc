import { type RequestOptions as HttpOptions, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'

/** What Node's HTTP takes, and the signal that ends the request and its answer. */
export interface HttpRequest extends HttpOptions {
  readonly signal: AbortSignal
}

/** Sends a request. Resolves with the answer once its headers are there; its body is still to be read. */
export function sendRequest(request: HttpRequest, body: Readable | string | null): Promise<IncomingMessage> {
  // Node sends the body of a DELETE without a length, and its bytes would count as the next request.
  const length = typeof body === 'string' && { 'content-length': Buffer.byteLength(body) }
  const whole = { ...request, headers: { ...request.headers, ...length } }
  return new Promise((resolve, reject) => {
    const sent = (request.protocol === 'https:' ? requestHttps : requestHttp)(whole, resolve)
    sent.on('error', reject)
    if (body === null || typeof body === 'string') {
      sent.end(body ?? undefined)
      return
    }
    body.on('error', (error) => sent.destroy(error))
    sent.on('close', () => body.destroy())
    body.pipe(sent)
  })
}

/** The body of an answer in parts. Throws where it breaks off or is longer than `limit` bytes. */
export async function* partsOf(answer: IncomingMessage, limit: number): AsyncGenerator<Buffer, void> {
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > limit) throw new LongAnswerError(limit)
    yield part
  }
}

/** The body of an answer as UTF-8. Throws as `partsOf` does. */
export async function readText(answer: IncomingMessage, limit: number): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of partsOf(answer, limit)) parts.push(part)
  return new TextDecoder().decode(Buffer.concat(parts))
}

export class LongAnswerError extends Error {
  readonly code = 'DRP_ANSWER_TOO_LONG'

  constructor(limit: number) {
    super(`the answer has more than ${limit} bytes`)
  }
}
