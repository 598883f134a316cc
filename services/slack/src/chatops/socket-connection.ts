import type { Logger, Secret } from '@powerbus/plugin-sdk'
import { endsWithin, pause, within } from '@powerbus/turns'
import type { SocketModeClient } from '@slack/socket-mode'
import { quietSlackLogger } from '../slack/quiet-slack-logger.ts'

const PAUSES_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000]
/** A connection that lasted so long was a good one: the next is opened at once. */
const GOOD_MS = 10_000
const OPEN_MS = 20_000
const ANSWER_MS = 10_000
const CLOSE_MS = 1000

export interface SocketConnectionOptions {
  readonly appToken: Secret
  readonly apiUrl: string
  readonly log: Logger
  /**
   * One interaction. Slack is told that it has arrived when the promise is fulfilled, which must be within 3 s; where it is
   * rejected Slack is told nothing, and shows whoever pressed that it did not work.
   */
  readonly onInteraction: (body: unknown) => Promise<void>
  /** Pauses after failures, in milliseconds; the last one repeats. */
  readonly pausesMs?: readonly number[]
}

/**
 * A Socket Mode connection that is opened again for ever: after Slack's own refresh, after a break, after an outage. The
 * client's own way of doing that gives up on some failures and leaves promises rejected that nobody holds.
 */
export class SocketConnection {
  readonly #options: SocketConnectionOptions
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #isOpen = false

  constructor(options: SocketConnectionOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Returns at once: whether Slack answers is not waited for. */
  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { log, pausesMs = PAUSES_MS } = this.#options
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = performance.now()
      const problem = await this.#connectOnce()
      if (signal.aborted) return
      failures = performance.now() - startedMs > GOOD_MS ? 0 : failures + 1
      if (problem !== undefined && (failures === 1 || failures % 10 === 0)) {
        log.warn("Slack's Socket Mode cannot be reached: buttons wait", { problem, failures })
      }
      const pauseMs = failures === 0 ? 0 : (pausesMs[Math.min(failures, pausesMs.length) - 1] ?? 0)
      await pause(pauseMs * (0.75 + Math.random() / 2), signal)
    }
  }

  /** From opening to the end of one connection; gives why it could not be opened. Never throws. */
  async #connectOnce(): Promise<string | undefined> {
    const { appToken, apiUrl, log, onInteraction } = this.#options
    const { signal } = this.#stopping
    const { SocketModeClient: Client } = await import('@slack/socket-mode')
    const logger = quietSlackLogger(log)
    const retryConfig = { retries: 0 }
    const over = new AbortController()
    // A request that is under way when all is over must not open a connection afterwards.
    const fetchUntilOver: typeof fetch = (url, init = {}) =>
      fetch(url, { ...init, signal: AbortSignal.any([over.signal, ...(init.signal ? [init.signal] : [])]) })
    const limits = { timeout: ANSWER_MS, retryConfig, rejectRateLimitedCalls: true, fetch: fetchUntilOver }
    const web = { slackApiUrl: apiUrl, logger, ...limits }
    const token = appToken.reveal()
    const client = new Client({ appToken: token, autoReconnectEnabled: false, clientOptions: web, logger })
    const ended = new Promise<void>((resolve) => client.on('disconnected', () => resolve()))
    client.on('interactive', (event: { ack: () => Promise<void>; body: unknown }) => {
      onInteraction(event.body)
        .then(() => event.ack())
        .catch((error: unknown) => log.error('a press was not accepted', { error: String(error) }))
    })
    try {
      const late = () => new Error(`Slack did not say hello within ${OPEN_MS} ms`)
      await within({ timeoutMs: OPEN_MS, late, signal }, () => client.start())
      this.#isOpen = true
      log.info("connected to Slack's Socket Mode: buttons work")
      await within({ signal }, () => ended)
      return undefined
    } catch (error) {
      if (signal.aborted) return undefined
      return error === undefined ? 'the connection broke before it was open' : String(error)
    } finally {
      this.#isOpen = false
      over.abort()
      await close(client)
    }
  }
}

/** The second call ends what does not answer the first one, and timers that the client has left running. */
async function close(client: SocketModeClient): Promise<void> {
  await endsWithin(client.disconnect(), CLOSE_MS)
  await client.disconnect()
}
