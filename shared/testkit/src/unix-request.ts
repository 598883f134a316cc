import { request } from 'node:http'

export interface UnixRequest {
  readonly socketPath: string
  /** Default POST. */
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged; other values as JSON with its content type. */
  readonly body?: unknown
  readonly timeoutMs?: number
}

export interface UnixAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body decoded as JSON; throws SyntaxError if it is not JSON. */
  json(): unknown
}

/**
 * Sends one HTTP request over a new UNIX socket connection. Rejects on a broken connection or after `timeoutMs`
 * (10,000).
 */
export function unixRequest({ socketPath, method = 'POST', path, headers, body, timeoutMs = 10_000 }: UnixRequest) {
  return new Promise<UnixAnswer>((resolve, reject) => {
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const outgoing = request(
      {
        socketPath,
        method,
        path,
        agent: false,
        headers: {
          host: 'unix',
          ...(payload !== undefined && typeof body !== 'string' && { 'content-type': 'application/json' }),
          ...(payload !== undefined && { 'content-length': String(Buffer.byteLength(payload)) }),
          ...headers,
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('error', reject)
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const status = incoming.statusCode ?? 0
          resolve({ status, headers: incoming.headers, text, json: () => JSON.parse(text) })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}
