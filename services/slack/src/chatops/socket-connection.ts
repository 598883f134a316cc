import type { Logger, Secret } from '@powerbus/plugin-sdk'
import { type Backoff, backoffMs, endsWithin, pause, within } from '@powerbus/turns'
import type { SocketModeClient } from '@slack/socket-mode'
import { hasProxy, type ProxySettings } from '../slack/proxy-settings.ts'
import { quietSlackLogger } from '../slack/quiet-slack-logger.ts'
import { slackTransport } from '../slack/slack-transport.ts'

const PAUSES: Backoff = { firstMs: 1000, mostMs: 60_000, growth: 2.5, jitter: 0.4 }
/** After a connection of at least so many milliseconds the next one is opened at once. */
const GOOD_MS = 10_000
const OPEN_MS = 20_000
const ANSWER_MS = 10_000
const CLOSE_MS = 1000

export interface SocketConnectionOptions {
  readonly appToken: Secret
  readonly apiUrl: string
  readonly proxy: ProxySettings
  readonly log: Logger
  /**
   * Takes one interaction. When the promise resolves, which must be within 3 s, Slack gets the acknowledgement. When it
   * rejects, Slack gets none, and shows an error to the user who pressed.
   */
  readonly onInteraction: (body: unknown) => Promise<void>
  readonly pauses?: Backoff | undefined
}

/**
 * A Socket Mode connection that is opened again after Slack's refresh, a break or an outage, without end. The client's
 * own reconnect is off, because it gives up on some failures and leaves unhandled rejections.
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

  /** Returns before Slack answers. */
  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { log, pauses = PAUSES } = this.#options
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = performance.now()
      const problem = await this.#connectOnce()
      if (signal.aborted) return
      failures = performance.now() - startedMs > GOOD_MS ? 0 : failures + 1
      if (problem !== undefined && (failures === 1 || failures % 10 === 0)) {
        log.warn("Slack's Socket Mode cannot be reached: buttons do not work until it can", { problem, failures })
      }
      if (failures > 0) await pause(backoffMs(pauses, failures), signal)
    }
  }

  /** Runs one connection to its end. Gives the reason if it could not be opened. Never throws. */
  async #connectOnce(): Promise<string | undefined> {
    const { appToken, apiUrl, proxy, log, onInteraction } = this.#options
    const { signal } = this.#stopping
    const { SocketModeClient: Client } = await import('@slack/socket-mode')
    const logger = quietSlackLogger(log)
    const retryConfig = { retries: 0 }
    const over = new AbortController()
    // Aborts a request under way, which could open a connection after the end.
    const transport = slackTransport(proxy)
    const fetchUntilOver: typeof transport.fetch = (url, init = {}) =>
      transport.fetch(url, { ...init, signal: AbortSignal.any([over.signal, ...(init.signal ? [init.signal] : [])]) })
    const limits = { timeout: ANSWER_MS, retryConfig, rejectRateLimitedCalls: true, fetch: fetchUntilOver }
    const web = { slackApiUrl: apiUrl, logger, ...limits }
    const token = appToken.reveal()
    // Without a proxy the client's own dispatcher ends a connection that does not answer.
    const through = hasProxy(proxy) ? { dispatcher: transport.dispatcher } : {}
    const client = new Client({ appToken: token, autoReconnectEnabled: false, clientOptions: web, logger, ...through })
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
      await transport.close()
    }
  }
}

/** The second call ends a connection that does not answer, and timers that the client leaves running. */
async function close(client: SocketModeClient): Promise<void> {
  await endsWithin(client.disconnect(), CLOSE_MS)
  await client.disconnect()
}
