import type { DrpEvent } from '@powerbus/drp'
import type { EventFeed } from './event-feed.ts'

export const RECENT_EVENTS_MAX = 1000
const RECENT_CHARACTERS_MAX = 8 * 1024 * 1024
/** Log lines are too many; the log keeps them. */
const NOT_KEPT = 'log'

/** The last events on the bus since the start of this endpoint: at most 1000 and 8 Mi characters. */
export class RecentEvents {
  readonly #kept: { readonly event: DrpEvent; readonly characters: number }[] = []
  #characters = 0

  constructor(feed: Pick<EventFeed, 'subscribe'>) {
    feed.subscribe((event) => this.#keep(event))
  }

  /** The last `limit` of the events that `fits` accepts, oldest first. */
  last(limit: number, fits: (event: DrpEvent) => boolean = () => true): readonly DrpEvent[] {
    const events = this.#kept.map(({ event }) => event)
    return events.filter(fits).slice(-limit)
  }

  #keep(event: DrpEvent): void {
    if (event.Type === NOT_KEPT) return
    const characters = JSON.stringify(event).length
    this.#kept.push({ event, characters })
    this.#characters += characters
    while (this.#kept.length > RECENT_EVENTS_MAX || this.#characters > RECENT_CHARACTERS_MAX) {
      this.#characters -= this.#kept.shift()?.characters ?? 0
    }
  }
}
