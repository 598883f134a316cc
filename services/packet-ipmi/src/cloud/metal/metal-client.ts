import { validateHeaderValue } from 'node:http'
import { type Call, type Clock, PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import { backoffMs } from '@powerbus/turns'
import type { Agent } from 'undici'
import { brokenExchange, refusalError, wordsOf } from './metal-failure.ts'
import { rateLimitWaitMs } from './rate-limit.ts'

export interface MetalRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the base address, beginning with a slash, encoded. */
  readonly path: string
  readonly body?: unknown
  /**
   * `repeat`: sent again after whatever passes. `once`: sent again only where the server has certainly not taken it (no connection, 429). `never`: not even then.
   */
  readonly sending: 'repeat' | 'once' | 'never'
}

/** An answer of the API itself: 2xx, or a refusal in its own words. */
export interface MetalAnswer {
  readonly status: number
  /** Decoded JSON; undefined where the answer has no body. */
  readonly body: unknown
}

export interface MetalClientOptions {
  readonly url: string
  readonly apiKey: Secret
  readonly clock: Clock
  /** In [0, 1), for jitter. */
  readonly random?: () => number
  readonly connectMs?: number
  /** Longest answer, in bytes. */
  readonly bodyLimit?: number
}

export interface MetalCounters {
  requests: number
  failures: number
  rateLimited: number
}

const CONNECT_MS = 10_000
const BODY_LIMIT = 16 * 1024 * 1024
const pauses = { firstMs: 200, mostMs: 5_000, jitter: 0.5 }
/** Statuses that pass by themselves. */
const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

/** JSON over HTTP as the Metal API wants it: deadlines, limits, the rate limit, and repetition where it is safe. */
export class MetalClient {
  readonly counters: MetalCounters = { requests: 0, failures: 0, rateLimited: 0 }
  readonly #options: Required<MetalClientOptions>
  readonly #base: URL
  #agent: Promise<Agent> | undefined
  /** On the clock: until then the rate limit lets nothing through, for whatever request. */
  #limitedUntilMs = 0
  #closed = false

  constructor(options: MetalClientOptions) {
    this.#options = { random: Math.random, connectMs: CONNECT_MS, bodyLimit: BODY_LIMIT, ...options }
    this.#base = new URL(options.url)
    assertHeaderValue(options.apiKey)
  }

  /**
   * Throws PowerbusError: for an answer of 300 or more as `refusalError` says, but for the statuses in `takes`, which are answered where the words are the API's own;
   * OUTCOME_UNKNOWN where a request that is not repeated may have been done.
   */
  async send(request: MetalRequest, call: Call, takes: readonly number[] = []): Promise<MetalAnswer> {
    const { clock, random } = this.#options
    const endMs = clock.nowMs() + call.timeoutMs
    for (let failures = 1; ; failures++) {
      await this.#passRateLimit(request, endMs, call.signal)
      const sent = await this.#exchange(request, endMs, call.signal, takes)
      if ('answer' in sent) return sent.answer
      this.counters.failures++
      const { error, isTaken, passes } = sent
      if (isTaken && request.sending !== 'repeat') throw unknownOutcome(subject(request), error)
      const pauseMs = backoffMs(pauses, failures, random)
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

  /** Waits until the rate limit lets it through; TARGET_BUSY where there is no time for that. */
  async #passRateLimit(request: MetalRequest, endMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const waitMs = this.#limitedUntilMs - clock.nowMs()
    if (waitMs <= 0) return
    if (clock.nowMs() + waitMs >= endMs)
      throw new PowerbusError(
        'TARGET_BUSY',
        `${subject(request)}: the API's rate limit is used up for another ${Math.ceil(waitMs / 1000)} s; nothing was sent`,
      )
    await this.#sleep(waitMs, signal, request)
  }

  async #exchange(
    request: MetalRequest,
    endMs: number,
    signal: AbortSignal,
    takes: readonly number[],
  ): Promise<{ readonly answer: MetalAnswer } | Failed> {
    const { clock } = this.#options
    const text = subject(request)
    const failed = (error: PowerbusError, isTaken: boolean, passes: boolean) => ({ error, isTaken, passes })
    const leftMs = endMs - clock.nowMs()
    if (leftMs <= 0) return failed(new PowerbusError('TARGET_TIMEOUT', `${text}: no time left to ask`), false, false)
    if (this.#closed) return failed(closedError(text), false, false)
    this.counters.requests++
    const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)))
    let received: Received
    try {
      received = await this.#receive(request, AbortSignal.any([deadline, signal]))
    } catch (cause) {
      const broken = brokenExchange(text, cause)
      const given = this.#closed ? closedError(text) : abortedError(text, cause, { deadline, signal })
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
    return failed(refusalError(text, { status, words }), status >= 500 || status === 408, passing.has(status))
  }

  async #receive(request: MetalRequest, signal: AbortSignal): Promise<Received> {
    const { apiKey, connectMs, bodyLimit } = this.#options
    this.#agent ??= newAgent(connectMs, bodyLimit)
    const agent = await this.#agent
    const body = request.body === undefined ? null : JSON.stringify(request.body)
    const answer = await agent.request({
      origin: this.#base.origin,
      path: `${this.#base.pathname.replace(/\/$/, '')}${request.path}`,
      method: request.method,
      headers: {
        accept: 'application/json',
        'x-auth-token': apiKey.reveal(),
        ...(body !== null && { 'content-type': 'application/json' }),
      },
      body,
      signal,
    })
    return { status: answer.statusCode, headers: answer.headers, body: parsed(await answer.body.text()) }
  }

  async #sleep(delayMs: number, signal: AbortSignal, request: MetalRequest): Promise<void> {
    try {
      await this.#options.clock.sleep(delayMs, signal)
    } catch (cause) {
      if (signal.reason instanceof PowerbusError) throw signal.reason
      throw new PowerbusError('DEADLINE_EXCEEDED', `${subject(request)}: given up while waiting`, { cause })
    }
  }
}

/** Throws PARAM_INVALID for a key with a line break or the like at its end: no request with it could ever be sent. */
function assertHeaderValue(apiKey: Secret): void {
  try {
    validateHeaderValue('x-auth-token', apiKey.reveal())
  } catch {
    // Its cause is not kept: whatever it holds of the key must not be printed.
    throw new PowerbusError(
      'PARAM_INVALID',
      'Param packet/api-key (not shown) holds a character that no header can carry, such as a line break at its end: set it again without that',
    )
  }
}

interface Failed {
  readonly error: PowerbusError
  /** The server may have done what was asked. */
  readonly isTaken: boolean
  /** The same request may succeed later. */
  readonly passes: boolean
}

interface Ended {
  readonly deadline: AbortSignal
  readonly signal: AbortSignal
}

interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: { readonly kind: 'json' | 'broken'; readonly value: unknown }
}

/** undici is loaded with the first request: `define` never pays for it. Its own timeouts are off: the request's signal ends it. */
async function newAgent(connectMs: number, bodyLimit: number): Promise<Agent> {
  const { Agent } = await import('undici')
  return new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: bodyLimit, connect: { timeout: connectMs } })
}

function parsed(text: string): Received['body'] {
  if (text.trim() === '') return { kind: 'json', value: undefined }
  try {
    return { kind: 'json', value: JSON.parse(text) }
  } catch {
    return { kind: 'broken', value: undefined }
  }
}

/** Without the query: it may hold a tag, and adds nothing. */
function subject({ method, path }: MetalRequest): string {
  return `${method} ${path.replace(/\?.*/, '')}`
}

function unknownOutcome(text: string, cause: PowerbusError): PowerbusError {
  return new PowerbusError('OUTCOME_UNKNOWN', `${cause.message}; whether it was done is not known (${text})`, { cause })
}

function abortedError(text: string, cause: unknown, { deadline, signal }: Ended): PowerbusError | undefined {
  if (signal.aborted)
    return signal.reason instanceof PowerbusError
      ? signal.reason
      : new PowerbusError('DEADLINE_EXCEEDED', `${text}: given up before there was an answer`, { cause })
  if (deadline.aborted) return new PowerbusError('TARGET_TIMEOUT', `${text}: no whole answer in time`, { cause })
  return undefined
}

function closedError(text: string): PowerbusError {
  return new PowerbusError('SHUTTING_DOWN', `${text}: the connection to the cloud is closed`)
}
