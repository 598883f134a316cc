import type { Logger } from '@powerbus/plugin-sdk'
import { pause } from '@powerbus/turns'
import type { WebClient } from '@slack/web-api'
import { slackFailure } from '../slack/slack-failure.ts'
import type { Press } from './press.ts'

const TRIES = 4
const PAUSE_MAX_MS = 30_000

/** Posts answers to presses, in the thread of the message or only to the user who pressed. Never throws. */
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

  /** Tries again only after 429: an answer of unknown outcome may have been posted. */
  async #send(call: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await call()
        return
      } catch (error) {
        const failure = slackFailure(error)
        if (failure.kind !== 'limited' || tries === TRIES || this.#signal.aborted) {
          this.#log.warn('an answer to a button could not be posted', { error: String(error) })
          return
        }
        await pause(Math.min(failure.retryAfterMs, PAUSE_MAX_MS), this.#signal)
      }
    }
  }
}
