import { messageOf } from '../bus-error.ts'
import type { BusEvent } from '../bus-event.ts'
import { decodeEvent } from '../bus-event.ts'
import type { BusStore } from '../bus-store.ts'

export interface LoggedEvent {
  readonly sequence: number
  readonly id: string
  readonly Type: string
  readonly Action: string
  readonly Key: string
  /** The whole event as JSON. */
  readonly text: string
  readonly requestId: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
  /** The only durable name that it is for: a dead letter that is tried again. */
  readonly only: string | undefined
}

export type NewEvent = Pick<LoggedEvent, 'text' | 'requestId' | 'only'> & { readonly event: BusEvent }

interface Record {
  readonly text: string
  readonly at: number
  readonly requestId?: string
  readonly only?: string
}

export interface LogLimits {
  /** Events that are kept at most; the oldest go first. */
  readonly eventsMax: number
  readonly ageMaxMs: number
  /** How long an id is known, for the last so many events. */
  readonly dedupeMs: number
  readonly dedupeEventsMax: number
}

const KEYS = 'event/'
const SEQUENCE_DIGITS = 16

/** The events in their order: in memory, and each in the store, where there is one, before anybody sees it. */
export class EventLog {
  readonly #store: BusStore | undefined
  readonly #limits: LogLimits
  readonly #onNotice: (message: string) => void
  readonly #ids = new Map<string, { at: number; kept: Promise<void> }>()
  #events: LoggedEvent[] = []
  #first = 0
  #sequence = 0

  constructor(store: BusStore | undefined, limits: LogLimits, onNotice: (message: string) => void) {
    this.#store = store
    this.#limits = limits
    this.#onNotice = onNotice
  }

  async recover(): Promise<void> {
    if (!this.#store) return
    for await (const { key, value } of this.#store.scan(KEYS)) {
      const { text, at, requestId, only } = value as unknown as Record
      const sequence = Number(key.slice(KEYS.length))
      this.#events.push(logged(sequence, { event: decodeEvent(text), text, requestId, only }, at))
    }
    this.#events.sort((a, b) => a.sequence - b.sequence)
    for (const { id, at } of this.#events) this.#ids.set(id, { at, kept: Promise.resolve() })
    this.continueAfter(this.#events.at(-1)?.sequence ?? 0)
  }

  /** Later events get higher numbers. */
  continueAfter(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence)
  }

  get lastSequence(): number {
    return this.#events.at(-1)?.sequence ?? this.#sequence
  }

  /** Undefined, once that one is durable, for an id that is known. Rejects as the store does. */
  async append(entry: NewEvent, deferSync = false): Promise<LoggedEvent | undefined> {
    const { id } = entry.event
    const at = Date.now()
    const known = entry.only === undefined ? this.#ids.get(id) : undefined
    if (known && at - known.at < this.#limits.dedupeMs) {
      await known.kept
      return undefined
    }
    this.#sequence += 1
    const event = logged(this.#sequence, entry, at)
    const kept = this.#keep(event, deferSync)
    this.#ids.set(id, { at, kept })
    try {
      await kept
    } catch (error) {
      this.#ids.delete(id)
      throw error
    }
    this.#events.push(event)
    return event
  }

  /** Events after that number, in their order. */
  *after(sequence: number): Generator<LoggedEvent> {
    for (let at = this.#indexAfter(sequence); at < this.#events.length; at += 1) {
      const event = this.#events[at]
      if (event) yield event
    }
  }

  at(sequence: number): LoggedEvent | undefined {
    const event = this.#events[this.#indexAfter(sequence - 1)]
    return event?.sequence === sequence ? event : undefined
  }

  /** Lets go of what is below `needed` and no longer guards against repeats, and, with a call for each, of what passes the limits. */
  trim(needed: number, onExpired: (event: LoggedEvent) => void): void {
    const now = Date.now()
    const { eventsMax, ageMaxMs, dedupeMs, dedupeEventsMax } = this.#limits
    const from = this.#first
    for (let event = this.#events[this.#first]; event; event = this.#events[this.#first]) {
      const count = this.#events.length - this.#first
      const isOver = count > eventsMax || now - event.at > ageMaxMs
      const isFree = event.sequence < needed && (count > dedupeEventsMax || now - event.at > dedupeMs)
      if (!isOver && !isFree) break
      if (isOver && event.sequence >= needed) onExpired(event)
      this.#forget(event)
      this.#first += 1
    }
    if (this.#first === from || this.#first < this.#events.length / 2) return
    this.#events = this.#events.slice(this.#first)
    this.#first = 0
  }

  #forget({ id, at, sequence }: LoggedEvent): void {
    if (this.#ids.get(id)?.at === at) this.#ids.delete(id)
    // An event that comes back after a power cut is let go of again.
    this.#store?.delete(keyOf(sequence), { deferSync: true }).catch((error) => {
      this.#onNotice(`an event that is no longer needed stays on the disk: ${messageOf(error)}`)
    })
  }

  async #keep({ sequence, text, at, requestId, only }: LoggedEvent, deferSync: boolean): Promise<void> {
    if (!this.#store) return
    const extra = { ...(requestId !== undefined && { requestId }), ...(only !== undefined && { only }) }
    await this.#store.set(keyOf(sequence), { text, at, ...extra }, { deferSync })
  }

  #indexAfter(sequence: number): number {
    let low = this.#first
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#events[middle]?.sequence ?? 0) > sequence) high = middle
      else low = middle + 1
    }
    return low
  }
}

function keyOf(sequence: number): string {
  return `${KEYS}${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`
}

function logged(sequence: number, { event, text, requestId, only }: NewEvent, at: number): LoggedEvent {
  const { id, Type, Action, Key } = event
  return { sequence, id, Type, Action, Key, text, requestId, at, only }
}
