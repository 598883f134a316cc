import type { Watch, WatchOptions } from '../bus.ts'
import type { BusEvent } from '../bus-event.ts'
import { type EventPattern, type EventSubject, matches } from '../event-pattern.ts'
import { RecentIds } from './recent-ids.ts'

/** A repeat within so many events of one watch is left out. */
const SEEN_IDS = 1000
const BUFFER_MAX = 1000

export interface WatchEnds {
  readonly ended: () => Promise<void>
  readonly onFailure: (error: unknown) => void
}

/** Live events for one watcher, which may be as slow as it likes: the oldest that wait are dropped. */
export class LiveWatch implements Watch {
  readonly #match: readonly EventPattern[]
  readonly #bufferMax: number
  readonly #handler: (event: BusEvent) => void | Promise<void>
  readonly #ends: WatchEnds
  readonly #seen = new RecentIds(SEEN_IDS)
  #buffer: BusEvent[] = []
  #first = 0
  #working: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #dropped = 0

  constructor(options: WatchOptions, handler: (event: BusEvent) => void | Promise<void>, ends: WatchEnds) {
    this.#match = options.match
    this.#bufferMax = options.bufferMax ?? BUFFER_MAX
    this.#handler = handler
    this.#ends = ends
  }

  get dropped(): number {
    return this.#dropped
  }

  get buffered(): number {
    return this.#buffer.length - this.#first
  }

  wants(event: EventSubject): boolean {
    return this.#stopped === undefined && matches(this.#match, event)
  }

  push(event: BusEvent): void {
    if (this.#stopped || this.#seen.has(event.id)) return
    this.#seen.add(event.id)
    this.#buffer.push(event)
    if (this.buffered > this.#bufferMax) {
      this.#first += 1
      this.#dropped += 1
    }
    if (this.#first > this.#bufferMax) this.#trim()
    this.#working ??= this.#work()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#buffer = []
    this.#first = 0
    await this.#ends.ended()
  }

  #trim(): void {
    this.#buffer = this.#buffer.slice(this.#first)
    this.#first = 0
  }

  async #work(): Promise<void> {
    await Promise.resolve()
    for (let event = this.#buffer[this.#first]; event; event = this.#buffer[this.#first]) {
      this.#first += 1
      try {
        await this.#handler(event)
      } catch (error) {
        this.#ends.onFailure(error)
      }
    }
    this.#trim()
    this.#working = undefined
  }
}
