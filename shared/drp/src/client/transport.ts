import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DrpError, decodeDrpError } from '../drp-error.ts'
import { Connections } from './connections.ts'
import { brokenExchange, DrpApiError, refusal } from './drp-api-error.ts'
import { readText, sendRequest } from './http-request.ts'
import type { TlsTrust } from './tls-trust.ts'

/** Bearer token, or a function that returns the valid token for each request. */
export type Token = string | (() => string | Promise<string>)

export interface TransportOptions {
  /** URL of the endpoint: `https://127.0.0.1:8092`. */
  readonly endpoint: string
  readonly token?: Token
  /** Basic authentication, for `users/NAME/token`. */
  readonly basic?: { readonly username: string; readonly password: string }
  readonly trust?: TlsTrust
  /** Deadline for a request with all its repetitions, in milliseconds; default 60,000. */
  readonly timeoutMs?: number
  /** Longest time to connect, in milliseconds; default 10,000. */
  readonly connectMs?: number
  /** Longest answer in bytes; default 64 MiB. */
  readonly bodyLimit?: number
  /** Most repetitions of a repeatable request; default 3. */
  readonly retries?: number
}

export interface RequestOptions {
  /** Correlation id, sent as `X-Request-Id`. */
  readonly requestId?: string
  /**
   * User for whom a plugin acts, sent as `X-Powerbus-On-Behalf-Of`. A Powerbus endpoint names the user in its events.
   */
  readonly onBehalfOf?: string
  /** An abort rejects the request with the signal's reason. */
  readonly signal?: AbortSignal
  /** Deadline for this request with all its repetitions, in milliseconds. */
  readonly timeoutMs?: number
}

export interface ApiRequest extends RequestOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path below `base`. */
  readonly path: string
  /** Default `/api/v3/`. */
  readonly base?: '/api/v3/' | '/plugin-apis/'
  readonly body?: unknown
  /** Sent instead of `body`, unchanged. */
  readonly content?: BinaryContent
}

/** Bytes to upload. */
export interface BinaryContent {
  readonly bytes: number
  /** A new stream for each attempt. */
  stream(): Readable
}

const DEFAULTS = { timeoutMs: 60_000, connectMs: 10_000, bodyLimit: 64 * 1024 * 1024, retries: 3 }
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
const passing = new Set([429, 502, 503])

/** JSON over HTTPS (§5). Repeats requests that may safely be repeated, with back-off and jitter, until the deadline. */
export class Transport {
  readonly #options: TransportOptions & typeof DEFAULTS
  readonly #base: URL
  #connections: Connections | undefined
  #isClosed = false

  constructor(options: TransportOptions) {
    this.#options = { ...DEFAULTS, ...options }
    this.#base = new URL(options.endpoint)
  }

  /** Sends a request. Returns the decoded JSON of the answer; undefined if it is empty. @throws DrpApiError */
  async send(request: ApiRequest): Promise<unknown> {
    const timeoutMs = request.timeoutMs ?? this.#options.timeoutMs
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline
    try {
      return await this.#repeat(request, signal)
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason
      if (!deadline.aborted) throw error
      throw new DrpApiError('timeout', `${subject(request)}: no answer within ${timeoutMs} ms`, { cause: error })
    }
  }

  /** Closes the connections. Requests under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#connections?.close()
  }

  async #repeat(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    for (let repetition = 0; ; repetition++) {
      try {
        return await this.#exchange(request, signal)
      } catch (error) {
        if (signal.aborted || repetition >= this.#options.retries || !mayRepeat(request, error)) throw error
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** repetition, LONGEST_PAUSE_MS)
        await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal })
      }
    }
  }

  async #exchange(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const { content } = request
    const body = content?.stream() ?? (request.body === undefined ? null : JSON.stringify(request.body))
    const headers = { ...(await this.#headers(body !== null)), ...contentHeaders(content), ...askerHeaders(request) }
    if (this.#isClosed) throw new DrpApiError('unreachable', `${subject(request)}: the client is closed`)
    const { protocol, hostname, port, pathname } = this.#base
    this.#connections ??= new Connections(protocol, this.#options)
    const sent = sendRequest(
      {
        agent: this.#connections.agent,
        protocol,
        hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
        port,
        path: `${pathname.replace(/\/$/, '')}${request.base ?? '/api/v3/'}${request.path}`,
        method: request.method,
        headers,
        signal,
      },
      body,
    )
    const answer = await sent
      .then(async (answer) => ({
        status: answer.statusCode ?? 0,
        text: await readText(answer, this.#options.bodyLimit),
      }))
      .catch((cause: unknown) => {
        throw brokenExchange(subject(request), cause)
      })
    if (answer.status >= 400) throw refusal(subject(request), answer.status, errorObject(answer.text))
    return parsed(request, answer)
  }

  async #headers(hasBody: boolean): Promise<Record<string, string>> {
    const { basic, token } = this.#options
    const bearer = typeof token === 'function' ? await token() : token
    const plain = basic && Buffer.from(`${basic.username}:${basic.password}`).toString('base64')
    return {
      accept: 'application/json',
      'cache-control': 'no-store',
      ...(hasBody && { 'content-type': 'application/json' }),
      ...(bearer && { authorization: `Bearer ${bearer}` }),
      ...(plain && { authorization: `Basic ${plain}` }),
    }
  }
}

function contentHeaders(content: BinaryContent | undefined): Record<string, string> {
  if (content === undefined) return {}
  return { 'content-type': 'application/octet-stream', 'content-length': String(content.bytes) }
}

function askerHeaders({ requestId, onBehalfOf }: RequestOptions): Record<string, string> {
  return {
    ...(requestId !== undefined && { 'x-request-id': requestId }),
    ...(onBehalfOf !== undefined && { 'x-powerbus-on-behalf-of': onBehalfOf }),
  }
}

/** A read may be repeated after any passing failure, another request only if the server did not receive it. */
function mayRepeat(request: ApiRequest, error: unknown): boolean {
  if (!(error instanceof DrpApiError)) return false
  if (error.kind === 'untrusted') return false
  if (!error.sent) return true
  if (request.method !== 'GET') return false
  return error.kind === 'unreachable' || error.kind === 'timeout' || passing.has(error.status)
}

function subject(request: ApiRequest): string {
  return `${request.method} ${request.path.replace(/\?.*/, '')}`
}

function errorObject(text: string): DrpError | undefined {
  try {
    return decodeDrpError(JSON.parse(text))
  } catch {
    return undefined
  }
}

function parsed(request: ApiRequest, answer: { readonly status: number; readonly text: string }): unknown {
  if (answer.text === '') return undefined
  try {
    return JSON.parse(answer.text)
  } catch (cause) {
    const { status } = answer
    throw new DrpApiError('protocol', `${subject(request)}: the answer is not JSON`, { cause, status })
  }
}
