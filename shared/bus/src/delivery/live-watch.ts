import type { WatchOptions } from '../bus.ts'
import type { BusEvent } from '../bus-event.ts'
import { type EventPattern, type EventSubject, matches } from '../event-pattern.ts'
import { RecentIds } from './recent-ids.ts'

/** A repeat within so many events of one watch is left out. */
const SEEN_IDS = 1000
const BUFFER_MAX = 1000

/** Live events for one watcher, which may be as slow as it likes: the oldest that wait are dropped. */
export class LiveWatch {
  readonly #match: readonly EventPattern[]
  readonly #bufferMax: number
  readonly #handler: (event: BusEvent) => void | Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #seen = new RecentIds(SEEN_IDS)
  #buffer: BusEvent[] = []
  #working: Promise<void> | undefined
  #isStopped = false
  #dropped = 0

  constructor(
    { match, bufferMax = BUFFER_MAX }: WatchOptions,
    handler: (event: BusEvent) => void | Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#match = match
    this.#bufferMax = bufferMax
    this.#handler = handler
    this.#onFailure = onFailure
  }

  get dropped(): number {
    return this.#dropped
  }

  get buffered(): number {
    return this.#buffer.length
  }

  wants(event: EventSubject): boolean {
    return !this.#isStopped && matches(this.#match, event)
  }

  push(event: BusEvent): void {
    if (this.#isStopped || this.#seen.has(event.id)) return
    this.#seen.add(event.id)
    this.#buffer.push(event)
    if (this.buffered > this.#bufferMax) {
      this.#buffer.shift()
      this.#dropped += 1
    }
    this.#working ??= this.#work()
  }

  stop(): void {
    this.#isStopped = true
    this.#buffer = []
  }

  async #work(): Promise<void> {
    await Promise.resolve()
    for (let event = this.#buffer.shift(); event; event = this.#buffer.shift()) {
      try {
        await this.#handler(event)
      } catch (error) {
        this.#onFailure(error)
      }
    }
    this.#working = undefined
  }
}
