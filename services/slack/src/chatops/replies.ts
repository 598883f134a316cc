import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@powerbus/plugin-sdk'
import type { WebClient } from '@slack/web-api'
import type { Press } from './press.ts'

const TRIES = 4
const PAUSE_MAX_MS = 30_000

/** What people are told: all in the thread of the message, or only whoever pressed. Never throws. */
export class Replies {
  readonly #slack: WebClient
  readonly #log: Logger
  readonly #signal: AbortSignal

  constructor(slack: WebClient, log: Logger, signal: AbortSignal) {
    this.#slack = slack
    this.#log = log
    this.#signal = signal
  }

  async inThread({ channel, threadTs }: Press, text: string): Promise<void> {
    await this.#send(() => this.#slack.chat.postMessage({ channel, thread_ts: threadTs, text, unfurl_links: false }))
  }

  /** In the channel itself: an ephemeral message in a thread is seen only where the thread is open. */
  async onlyTo({ channel, user }: Press, text: string): Promise<void> {
    await this.#send(() => this.#slack.chat.postEphemeral({ channel, user: user.id, text }))
  }

  /** Sent again only where Slack said that it was too much: an answer that is lost may have been posted. */
  async #send(call: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await call()
        return
      } catch (error) {
        const pauseMs = retryAfterMs(error)
        if (pauseMs === undefined || tries === TRIES || this.#signal.aborted) {
          this.#log.warn('an answer to a button could not be posted', { error: String(error) })
          return
        }
        await sleep(Math.min(pauseMs, PAUSE_MAX_MS), undefined, { signal: this.#signal }).catch(() => undefined)
      }
    }
  }
}

function retryAfterMs(error: unknown): number | undefined {
  const seconds = error instanceof Error && 'retryAfter' in error ? Number(error.retryAfter) : Number.NaN
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}
