import { validateHeaderValue } from 'node:http'
import { type Call, type Clock, PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import { backoffMs, pause, within } from '@powerbus/turns'
import type { Agent } from 'undici'
import type { CloudAccess } from '../cloud.ts'
import { broken, type Failed, refused, wordsOf } from './metal-failure.ts'
import { rateLimitWaitMs, saysRateLimit } from './rate-limit.ts'

export interface MetalRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path below the base address, with a leading slash, percent-encoded. */
  readonly path: string
  readonly body?: unknown
  /**
   * `repeat`: retried after every passing failure. `once`: retried only if the server certainly did not do it (no
   * connection, 429). `never`: not retried.
   */
  readonly sending: 'repeat' | 'once' | 'never'
}

/** An answer of the API itself: 2xx, or a refusal with its own words. */
export interface MetalAnswer {
  readonly status: number
  /** Decoded JSON; undefined for an empty body. */
  readonly body: unknown
}

export interface MetalCounters {
  requests: number
  failures: number
  rateLimited: number
}

const CONNECT_MS = 10_000
/** Longest answer, in bytes. */
const BODY_LIMIT = 16 * 1024 * 1024
const pauses = { firstMs: 200, mostMs: 5_000, jitter: 0.5 }

/** Sends JSON over HTTP with deadlines, and keeps the rate limit. Retries requests where that is safe. */
export class MetalClient {
  readonly counters: MetalCounters = { requests: 0, failures: 0, rateLimited: 0 }
  readonly #apiKey: Secret
  readonly #clock: Clock
  readonly #base: URL
  readonly #closing = new AbortController()
  #agent: Promise<Agent> | undefined
  /** Time of the clock until which the rate limit refuses all requests. */
  #limitedUntilMs = 0

  /** Throws PARAM_INVALID for a key that no header can carry. */
  constructor({ url, apiKey }: CloudAccess, clock: Clock) {
    assertHeaderValue(apiKey)
    this.#apiKey = apiKey
    this.#clock = clock
    this.#base = new URL(url)
  }

  /**
   * Returns an answer of 2xx, and one with a status in `takes` if its words are the API's own. Throws the error of
   * `refused` for other statuses, and OUTCOME_UNKNOWN if a request that is not retried may have been done.
   */
  async send(request: MetalRequest, call: Call, takes: readonly number[] = []): Promise<MetalAnswer> {
    const clock = this.#clock
    const text = subject(request)
    const signal = AbortSignal.any([call.signal, this.#closing.signal])
    const endMs = clock.nowMs() + call.timeoutMs
    let last = new PowerbusError('TARGET_TIMEOUT', `${text} was not sent: no time was left`)
    for (let failures = 1; ; failures++) {
      await this.#passRateLimit(text, endMs, signal)
      const leftMs = endMs - clock.nowMs()
      if (leftMs <= 0) throw last
      const sent = await this.#exchange(request, leftMs, signal, takes)
      if ('answer' in sent) return sent.answer
      this.counters.failures++
      const { error, isTaken, passes } = sent
      if (isTaken && request.sending !== 'repeat') throw unknownOutcome(text, error)
      const pauseMs = backoffMs(pauses, failures)
      if (!passes || request.sending === 'never' || clock.nowMs() + pauseMs >= endMs) throw error
      last = error
      await this.#wait(pauseMs, text, signal)
    }
  }

  /** Requests under way fail. */
  async close(): Promise<void> {
    this.#closing.abort(new PowerbusError('SHUTTING_DOWN', 'The connection to the cloud is closed'))
    const agent = await this.#agent
    await agent?.destroy()
  }

  /** Waits for the end of the rate limit. Throws TARGET_BUSY if that is after `endMs`. */
  async #passRateLimit(text: string, endMs: number, signal: AbortSignal): Promise<void> {
    const waitMs = this.#limitedUntilMs - this.#clock.nowMs()
    if (waitMs > 0 && this.#limitedUntilMs >= endMs)
      throw new PowerbusError(
        'TARGET_BUSY',
        `${text} was not sent: the API's rate limit is used up for ${Math.ceil(waitMs / 1000)} s; repeat it then`,
      )
    await this.#wait(waitMs, text, signal)
  }

  async #wait(delayMs: number, text: string, signal: AbortSignal): Promise<void> {
    if (delayMs > 0) await pause(delayMs, signal, this.#clock)
    if (signal.aborted) throw abortedError(`${text} was aborted before it was sent`, signal.reason)
  }

  async #exchange(
    request: MetalRequest,
    timeoutMs: number,
    signal: AbortSignal,
    takes: readonly number[],
  ): Promise<{ readonly answer: MetalAnswer } | Failed> {
    const clock = this.#clock
    const text = subject(request)
    const late = () => new PowerbusError('TARGET_TIMEOUT', `${text}: no whole answer within the timeout`)
    const aborted = (reason: unknown) => abortedError(`${text} was aborted before its answer came`, reason)
    this.counters.requests++
    let received: Received
    try {
      received = await within({ timeoutMs, signal, late, aborted, clock }, (ends) => this.#receive(request, ends))
    } catch (cause) {
      return cause instanceof PowerbusError ? { error: cause, isTaken: true, passes: false } : broken(text, cause)
    }
    const { status, headers, json } = received
    const answer = { status, body: json?.value }
    if (status >= 200 && status < 300) {
      if (json) return { answer }
      const error = new PowerbusError('TARGET_UNREACHABLE', `${text}: the answer is not JSON: check packet/api-url`)
      return { error, isTaken: true, passes: true }
    }
    const words = wordsOf(answer.body)
    const isLimited = status === 429 || (status === 403 && saysRateLimit(headers, words))
    if (isLimited) {
      this.counters.rateLimited++
      const waitMs = rateLimitWaitMs(headers, clock.dateMs())
      this.#limitedUntilMs = Math.max(this.#limitedUntilMs, clock.nowMs() + waitMs)
    } else if (takes.includes(status) && words !== undefined) return { answer }
    return refused(text, isLimited ? 429 : status, words)
  }

  async #receive(request: MetalRequest, signal: AbortSignal): Promise<Received> {
    this.#agent ??= newAgent()
    const agent = await this.#agent
    const body = request.body === undefined ? null : JSON.stringify(request.body)
    const answer = await agent.request({
      origin: this.#base.origin,
      path: `${this.#base.pathname.replace(/\/$/, '')}${request.path}`,
      method: request.method,
      headers: {
        accept: 'application/json',
        'x-auth-token': this.#apiKey.reveal(),
        ...(body !== null && { 'content-type': 'application/json' }),
      },
      body,
      signal,
    })
    return { status: answer.statusCode, headers: answer.headers, json: parsed(await answer.body.text()) }
  }
}

/** Throws PARAM_INVALID for a key that no header can carry. */
function assertHeaderValue(apiKey: Secret): void {
  try {
    validateHeaderValue('x-auth-token', apiKey.reveal())
  } catch {
    // Without a cause: it may contain the key.
    throw new PowerbusError(
      'PARAM_INVALID',
      'Param packet/api-key (not shown) has a character that no header can carry, such as a line break at its end: set it again without it',
    )
  }
}

interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Undefined for a body that is not JSON; an empty body has the value undefined. */
  readonly json: { readonly value: unknown } | undefined
}

/**
 * Loads undici with the first request, so that `define` starts fast. Its own timeouts are off: each request has a
 * signal.
 */
async function newAgent(): Promise<Agent> {
  const { Agent } = await import('undici')
  return new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: BODY_LIMIT, connect: { timeout: CONNECT_MS } })
}

function parsed(text: string): Received['json'] {
  try {
    return { value: text.trim() === '' ? undefined : JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** The request without its query. */
function subject({ method, path }: MetalRequest): string {
  return `${method} ${path.replace(/\?.*/, '')}`
}

function unknownOutcome(text: string, cause: PowerbusError): PowerbusError {
  return new PowerbusError(
    'OUTCOME_UNKNOWN',
    `${cause.message}. ${text} may have been done: check the device before repeating it`,
    { cause },
  )
}

function abortedError(text: string, reason: unknown): PowerbusError {
  return reason instanceof PowerbusError ? reason : new PowerbusError('DEADLINE_EXCEEDED', text, { cause: reason })
}
