import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent } from 'undici'
import { DrpApiError } from '../client/drp-api-error.ts'
import type { TransportOptions } from '../client/transport.ts'
import type { DrpEvent } from '../drp-event.ts'
import { parseEventPattern } from './event-pattern.ts'
import { streamAgent } from './stream-agent.ts'
import { StreamConnection } from './stream-connection.ts'

export interface EventStreamOptions extends Pick<TransportOptions, 'endpoint' | 'token' | 'trust' | 'connectMs'> {
  /** Registered with each connection, as `TYPE.ACTION.KEY` with the escapes of §5: see `eventPatternText`. */
  readonly patterns: readonly string[]
  /** Called with the events in order. Must not throw, and must return fast: use a queue for slow work. */
  onEvent(event: DrpEvent): void
  /**
   * Called when all patterns are registered. `again`: this is a reconnect and events may have been missed; list the
   * objects again if that matters.
   */
  onReady?(again: boolean): void
  /**
   * Called when the stream ended, which is then opened again after a pause, or (`protocol`) for an unreadable frame.
   */
  onProblem?(error: DrpApiError): void
  /** Longest wait for the answer to `register`, in milliseconds; default 10,000. */
  readonly answerMs?: number
  /** Milliseconds between two pings; default 20,000. Two unanswered pings end the connection at the next one. */
  readonly pingMs?: number
  readonly firstPauseMs?: number
  readonly longestPauseMs?: number
}

const DEFAULTS = { connectMs: 10_000, answerMs: 10_000, pingMs: 20_000, firstPauseMs: 250, longestPauseMs: 30_000 }
/** After a connection of this length the back-off starts again at `firstPauseMs`. */
const HEALTHY_MS = 10_000

/**
 * The endpoint's event stream (§5). Reconnects without end, with back-off and jitter, and registers its patterns each
 * time. Calls a `token` function for each connection. The owner closes the stream.
 */
export class EventStream {
  readonly #options: EventStreamOptions & typeof DEFAULTS
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #connection: StreamConnection | undefined
  #ready: Promise<void>
  #isReady: () => void = () => undefined

  /** @throws DecodeError for a malformed pattern */
  constructor(options: EventStreamOptions) {
    this.#options = { ...DEFAULTS, ...options }
    for (const pattern of options.patterns) parseEventPattern(pattern)
    this.#ready = new Promise((resolve) => {
      this.#isReady = resolve
    })
    this.#running = this.#run()
  }

  /** Resolves when the patterns are registered for the first time. @throws DrpApiError after `timeoutMs` */
  async ready(timeoutMs: number): Promise<void> {
    const stop = new AbortController()
    const late = sleep(timeoutMs, undefined, { signal: stop.signal }).then(() => {
      throw new DrpApiError('timeout', `no event stream within ${timeoutMs} ms`)
    })
    await Promise.race([this.#ready, late]).finally(() => stop.abort())
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#connection?.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const { connectMs, trust } = this.#options
    const agent = await streamAgent(trust, connectMs)
    const { firstPauseMs, longestPauseMs } = this.#options
    let failures = 0
    try {
      for (let again = false; !this.#closing.signal.aborted; ) {
        const startedMs = performance.now()
        const { reason, wasReady } = await this.#connectOnce(agent, again)
        again ||= wasReady
        if (this.#closing.signal.aborted) return
        this.#options.onProblem?.(reason)
        failures = performance.now() - startedMs >= HEALTHY_MS ? 0 : failures + 1
        const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20))
        await this.#pause(pauseMs * (0.5 + Math.random() / 2))
      }
    } finally {
      await agent.destroy()
    }
  }

  /** Runs one connection, and returns the reason of its end. */
  async #connectOnce(agent: Agent, again: boolean): Promise<{ reason: DrpApiError; wasReady: boolean }> {
    const { endpoint, patterns, onEvent, onReady, onProblem } = this.#options
    let wasReady = false
    try {
      const connection = await StreamConnection.open({
        ...this.#options,
        url: `${endpoint.replace(/^http/, 'ws').replace(/\/$/, '')}/api/v3/ws`,
        token: await this.#token(),
        agent,
        onEvent,
        onInvalid: (error) => onProblem?.(error),
      })
      if (this.#closing.signal.aborted) connection.close()
      this.#connection = connection
      for (const pattern of patterns) await connection.register(pattern)
      wasReady = true
      this.#isReady()
      onReady?.(again)
      return { reason: await connection.ended, wasReady }
    } catch (error) {
      this.#connection?.close()
      const reason =
        error instanceof DrpApiError ? error : new DrpApiError('unreachable', String(error), { cause: error })
      return { reason, wasReady }
    } finally {
      this.#connection = undefined
    }
  }

  async #token(): Promise<string> {
    const { token } = this.#options
    return (typeof token === 'function' ? await token() : token) ?? ''
  }

  async #pause(pauseMs: number): Promise<void> {
    const { signal } = this.#closing
    await sleep(pauseMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
}
