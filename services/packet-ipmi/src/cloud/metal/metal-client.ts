import { validateHeaderValue } from 'node:http'
import { type Call, type Clock, PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import { backoffMs } from '@powerbus/turns'
import type { Agent } from 'undici'
import type { CloudAccess } from '../cloud.ts'
import { brokenExchange, refusalError, wordsOf } from './metal-failure.ts'
import { rateLimitWaitMs } from './rate-limit.ts'

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
/** Statuses after which a later request may succeed. */
const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

/** Sends JSON over HTTP with deadlines, and keeps the rate limit. Retries requests where that is safe. */
export class MetalClient {
  readonly counters: MetalCounters = { requests: 0, failures: 0, rateLimited: 0 }
  readonly #apiKey: Secret
  readonly #clock: Clock
  readonly #base: URL
  #agent: Promise<Agent> | undefined
  /** Time of the clock until which the rate limit refuses all requests. */
  #limitedUntilMs = 0
  #closed = false

  /** Throws PARAM_INVALID for a key that no header can carry. */
  constructor({ url, apiKey }: CloudAccess, clock: Clock) {
    assertHeaderValue(apiKey)
    this.#apiKey = apiKey
    this.#clock = clock
    this.#base = new URL(url)
  }

  /**
   * Returns an answer of 2xx, and one with a status in `takes` if its words are the API's own. Throws `refusalError`
   * for other statuses, and OUTCOME_UNKNOWN if a request that is not retried may have been done.
   */
  async send(request: MetalRequest, call: Call, takes: readonly number[] = []): Promise<MetalAnswer> {
    const clock = this.#clock
    const endMs = clock.nowMs() + call.timeoutMs
    for (let failures = 1; ; failures++) {
      await this.#passRateLimit(request, endMs, call.signal)
      const sent = await this.#exchange(request, endMs, call.signal, takes)
      if ('answer' in sent) return sent.answer
      this.counters.failures++
      const { error, isTaken, passes } = sent
      if (isTaken && request.sending !== 'repeat') throw unknownOutcome(subject(request), error)
      const pauseMs = backoffMs(pauses, failures)
      const hasTime = clock.nowMs() + pauseMs < endMs
      if (!passes || request.sending === 'never' || !hasTime || call.signal.aborted || this.#closed) throw error
      await this.#sleep(pauseMs, call.signal, request)
    }
  }

  /** Requests under way fail. */
  async close(): Promise<void> {
    this.#closed = true
    const agent = await this.#agent
    await agent?.destroy()
  }

  /** Waits for the end of the rate limit. Throws TARGET_BUSY if that is after `endMs`. */
  async #passRateLimit(request: MetalRequest, endMs: number, signal: AbortSignal): Promise<void> {
    const waitMs = this.#limitedUntilMs - this.#clock.nowMs()
    if (waitMs <= 0) return
    if (this.#limitedUntilMs >= endMs)
      throw new PowerbusError(
        'TARGET_BUSY',
        `${subject(request)} was not sent: the API's rate limit is used up for ${Math.ceil(waitMs / 1000)} s; repeat it then`,
      )
    await this.#sleep(waitMs, signal, request)
  }

  async #exchange(
    request: MetalRequest,
    endMs: number,
    signal: AbortSignal,
    takes: readonly number[],
  ): Promise<{ readonly answer: MetalAnswer } | Failed> {
    const clock = this.#clock
    const text = subject(request)
    const failed = (error: PowerbusError, isTaken: boolean, passes: boolean) => ({ error, isTaken, passes })
    const leftMs = endMs - clock.nowMs()
    if (leftMs <= 0)
      return failed(new PowerbusError('TARGET_TIMEOUT', `${text} was not sent: no time was left`), false, false)
    if (this.#closed) return failed(closedError(text), false, false)
    this.counters.requests++
    const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)))
    let received: Received
    try {
      received = await this.#receive(request, AbortSignal.any([deadline, signal]))
    } catch (cause) {
      const broken = brokenExchange(text, cause)
      const given = this.#closed ? closedError(text) : abortedError(text, cause, deadline, signal)
      return failed(given ?? broken.error, broken.sent, given === undefined)
    }
    const { status, headers, body } = received
    if (status >= 200 && status < 300) {
      if (body.kind !== 'broken') return { answer: { status, body: body.value } }
      const notJson = new PowerbusError('TARGET_UNREACHABLE', `${text}: the answer is not JSON: check packet/api-url`)
      return failed(notJson, true, true)
    }
    const words = wordsOf(body.value)
    if (status === 429) {
      this.counters.rateLimited++
      const waitMs = rateLimitWaitMs(headers, clock.dateMs())
      this.#limitedUntilMs = Math.max(this.#limitedUntilMs, clock.nowMs() + waitMs)
    } else if (takes.includes(status) && words !== undefined) return { answer: { status, body: body.value } }
    return failed(refusalError(text, status, words), status >= 500 || status === 408, passing.has(status))
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
    return { status: answer.statusCode, headers: answer.headers, body: parsed(await answer.body.text()) }
  }

  async #sleep(delayMs: number, signal: AbortSignal, request: MetalRequest): Promise<void> {
    try {
      await this.#clock.sleep(delayMs, signal)
    } catch (cause) {
      if (signal.reason instanceof PowerbusError) throw signal.reason
      throw new PowerbusError('DEADLINE_EXCEEDED', `${subject(request)} was aborted while it waited to be sent`, {
        cause,
      })
    }
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

interface Failed {
  readonly error: PowerbusError
  /** The server may have done the request. */
  readonly isTaken: boolean
  /** The same request may succeed later. */
  readonly passes: boolean
}

interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: { readonly kind: 'json' | 'broken'; readonly value: unknown }
}

/**
 * Loads undici with the first request, so that `define` starts fast. Its own timeouts are off: each request has a
 * signal.
 */
async function newAgent(): Promise<Agent> {
  const { Agent } = await import('undici')
  return new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: BODY_LIMIT, connect: { timeout: CONNECT_MS } })
}

function parsed(text: string): Received['body'] {
  if (text.trim() === '') return { kind: 'json', value: undefined }
  try {
    return { kind: 'json', value: JSON.parse(text) }
  } catch {
    return { kind: 'broken', value: undefined }
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

function abortedError(
  text: string,
  cause: unknown,
  deadline: AbortSignal,
  signal: AbortSignal,
): PowerbusError | undefined {
  if (signal.aborted)
    return signal.reason instanceof PowerbusError
      ? signal.reason
      : new PowerbusError('DEADLINE_EXCEEDED', `${text} was aborted before its answer came`, { cause })
  if (deadline.aborted)
    return new PowerbusError('TARGET_TIMEOUT', `${text}: no whole answer within the timeout`, { cause })
  return undefined
}

function closedError(text: string): PowerbusError {
  return new PowerbusError('SHUTTING_DOWN', `${text}: the connection to the cloud is closed`)
}
