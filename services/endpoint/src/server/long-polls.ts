import type { DrpEvent } from '@powerbus/drp'
import { endsWithin, pause } from '@powerbus/turns'
import type { EventFeed } from '../events/event-feed.ts'
import { LimitReached } from '../limit-reached.ts'

/** Requests that may wait at a time. */
export interface WaitingLimits {
  readonly altogether: number
  readonly perCaller: number
}

const LIMITS: WaitingLimits = { altogether: 500, perCaller: 100 }
/** When a refused client may ask again. */
const RETRY_S = 10
/** Not every change of an answer has an event of its own: a default of a param, another endpoint's change. */
const LOOK_MS = 2_000
/** Events that come together are looked at once. */
const GATHER_MS = 20

export interface Poll {
  /** Who waits, with whatever token: `user:NAME` or `plugin:NAME`. */
  readonly caller: string
  readonly timeoutMs: number
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal
  /** Whether the event may be about what is waited for. */
  concerns(event: DrpEvent): boolean
  /** Looks; what it throws ends the wait. */
  isOver(): boolean
}

interface Waiting {
  readonly poll: Poll
  wake: () => void
}

/** Requests that wait until what they ask for has changed. */
export class LongPolls {
  readonly #waiting = new Set<Waiting>()
  readonly #unsubscribe: () => void
  readonly #limits: WaitingLimits
  #isClosed = false

  constructor(events: Pick<EventFeed, 'subscribe'>, limits = LIMITS) {
    this.#limits = limits
    this.#unsubscribe = events.subscribe((event) => {
      for (const { poll, wake } of this.#waiting) if (poll.concerns(event)) wake()
    })
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Waits until the poll is over, its time is, its client has gone, or the endpoint stops. Throws LimitReached where too
   * many wait already: 429 where they are the caller's own, else 503.
   */
  async wait(poll: Poll): Promise<void> {
    const { altogether, perCaller } = this.#limits
    const own = [...this.#waiting].filter(({ poll: { caller } }) => caller === poll.caller).length
    const refused = (status: 429 | 503, text: string) => new LimitReached('BUS_CLOSED', status, text, RETRY_S)
    if (own >= perCaller) throw refused(429, `${own} requests of ${poll.caller} wait for a change already`)
    if (this.#waiting.size >= altogether) throw refused(503, `${altogether} requests wait for a change already`)
    const waiting: Waiting = { poll, wake: () => undefined }
    this.#waiting.add(waiting)
    const onGone = () => waiting.wake()
    poll.gone.addEventListener('abort', onGone, { once: true })
    try {
      await this.#waitAs(waiting)
    } finally {
      poll.gone.removeEventListener('abort', onGone)
      this.#waiting.delete(waiting)
    }
  }

  /** Ends all waits, also those that come later. */
  close(): void {
    this.#isClosed = true
    this.#unsubscribe()
    for (const { wake } of this.#waiting) wake()
  }

  async #waitAs(waiting: Waiting): Promise<void> {
    const { poll } = waiting
    const endMs = performance.now() + poll.timeoutMs
    const isEnded = () => this.#isClosed || poll.gone.aborted || performance.now() >= endMs
    while (!isEnded()) {
      const woken = new Promise<void>((resolve) => {
        waiting.wake = resolve
      })
      // What has changed before this wait began is seen here.
      if (poll.isOver()) return
      const isWoken = await endsWithin(woken, Math.min(endMs - performance.now(), LOOK_MS))
      if (isWoken && !isEnded()) await pause(GATHER_MS, poll.gone)
    }
    if (!poll.gone.aborted) poll.isOver()
  }
}
