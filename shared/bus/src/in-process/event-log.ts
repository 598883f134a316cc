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
  /** By sequence. */
  readonly #events = new Map<number, LoggedEvent>()
  /** There is none below. */
  #first = 1
  /** The last one that is kept. */
  #last = 0
  #sequence = 0

  constructor(store: BusStore | undefined, limits: LogLimits, onNotice: (message: string) => void) {
    this.#store = store
    this.#limits = limits
    this.#onNotice = onNotice
  }

  async recover(): Promise<void> {
    if (!this.#store) return
    const found: LoggedEvent[] = []
    for await (const { key, value } of this.#store.scan(KEYS)) {
      const { text, at, requestId, only } = value as unknown as Record
      const sequence = Number(key.slice(KEYS.length))
      found.push(logged(sequence, { event: decodeEvent(text), text, requestId, only }, at))
    }
    found.sort((a, b) => a.sequence - b.sequence)
    this.#first = found[0]?.sequence ?? 1
    for (const event of found) {
      this.#add(event)
      this.#ids.set(event.id, { at: event.at, kept: Promise.resolve() })
    }
  }

  /** Later events get higher numbers. */
  continueAfter(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence)
    this.#last = Math.max(this.#last, sequence)
    if (this.#events.size === 0) this.#first = this.#last + 1
  }

  get lastSequence(): number {
    return this.#last
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
    this.#add(event)
    return event
  }

  /** Events after that number, in their order. */
  *after(sequence: number): Generator<LoggedEvent> {
    for (let next = Math.max(sequence + 1, this.#first); next <= this.#last; next += 1) {
      const event = this.#events.get(next)
      if (event) yield event
    }
  }

  at(sequence: number): LoggedEvent | undefined {
    return this.#events.get(sequence)
  }

  /** Lets go of what is below `needed` and no longer guards against repeats, and, with a call for each, of what passes the limits. */
  trim(needed: number, onExpired: (event: LoggedEvent) => void): void {
    const now = Date.now()
    const { eventsMax, ageMaxMs, dedupeMs, dedupeEventsMax } = this.#limits
    for (const event of this.after(0)) {
      const count = this.#events.size
      const isOver = count > eventsMax || now - event.at > ageMaxMs
      const isFree = event.sequence < needed && (count > dedupeEventsMax || now - event.at > dedupeMs)
      if (!isOver && !isFree) return
      if (isOver && event.sequence >= needed) onExpired(event)
      this.#forget(event)
    }
  }

  #add(event: LoggedEvent): void {
    this.#events.set(event.sequence, event)
    this.continueAfter(event.sequence)
  }

  #forget({ id, at, sequence }: LoggedEvent): void {
    this.#events.delete(sequence)
    this.#first = sequence + 1
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
}

function keyOf(sequence: number): string {
  return `${KEYS}${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`
}

function logged(sequence: number, { event, text, requestId, only }: NewEvent, at: number): LoggedEvent {
  const { id, Type, Action, Key } = event
  return { sequence, id, Type, Action, Key, text, requestId, at, only }
}
