import type { DrpEvent } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { endsWithin, pause } from '@powerbus/turns'
import type { EventFeed } from '../events/event-feed.ts'

/** Requests that may wait at a time, altogether and with one token. */
const WAITING_MAX = 500
const WAITING_PER_CALLER_MAX = 100
/** Not every change of an answer has an event of its own: a default of a param, another endpoint's change. */
const LOOK_MS = 2_000
/** Events that come together are looked at once. */
const GATHER_MS = 20

export interface Poll {
  /** Whose token it is, for the limit. */
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
  #isClosed = false

  constructor(events: Pick<EventFeed, 'subscribe'>) {
    this.#unsubscribe = events.subscribe((event) => {
      for (const { poll, wake } of this.#waiting) if (poll.concerns(event)) wake()
    })
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Waits until the poll is over, its time is, its client has gone, or the endpoint stops. Throws BUS_CLOSED where too
   * many wait already.
   */
  async wait(poll: Poll): Promise<void> {
    const own = [...this.#waiting].filter((other) => other.poll.caller === poll.caller).length
    if (this.#waiting.size >= WAITING_MAX || own >= WAITING_PER_CALLER_MAX) {
      const text = `${own} requests of this token wait, and ${this.#waiting.size} altogether: wait for their answers first`
      throw new PowerbusError('BUS_CLOSED', text)
    }
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
