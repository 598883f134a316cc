import { backoffMs } from '@powerbus/turns'
import { BusError, messageOf } from '../bus-error.ts'
import type { BusStore } from '../bus-store.ts'
import type { Outgoing, SendFailure } from './outgoing.ts'
import { SentLately } from './sent-lately.ts'
import { DEDUPE_MS } from './streams.ts'

interface Item extends Outgoing {
  readonly number: number
  /** By `performance.now()`, as the other times. */
  deadlineMs: number
  readonly timeoutMs: number
  readonly resolve: () => void
  readonly reject: (error: BusError) => void
  /** In the store, or being put there. */
  kept: Promise<void> | undefined
  /** Was acknowledged before: whoever watches has seen it. */
  isAgain: boolean
  isGone: boolean
  /** Of the first attempt; 0 before it. */
  firstSentMs: number
  /** Of the last attempt. */
  sentMs: number
}

/** The answer is given to `answered` with the number. */
export type Send = (item: Outgoing & Pick<Item, 'number' | 'isAgain'>) => void

const nobody = () => undefined
const EVENTS_MAX = 100_000
const LENGTH_MAX = 64 * 1024 * 1024
/** What was sent so long ago, as a part of the window in which the stream knows repeats, is sent again after a reconnect. */
const REPEATED_FOR = 0.75
const KEYS = 'out/'
/** Sent without waiting for the answer of the one before. */
const WINDOW = 512
/** An answer that takes longer is trouble: what waits is kept. */
const KEEP_AFTER_MS = 1000
/** An answer that takes longer does not come. */
const ANSWER_MS = 5000
const SWEEP_MS = 100
const PAUSES = { firstMs: 100, mostMs: 2000, jitter: 0.5 }

/**
 * Sends events in their order; keeps those that cannot be sent, and sends them once the bus is there, or is back. It takes events
 * before there is a connection. After a failure all that has no answer yet is sent once more: the stream knows repeats by their id.
 */
export class SendQueue {
  readonly #store: BusStore | undefined
  readonly #onNotice: (message: string) => void
  readonly #sentLately = new SentLately<Item>({ ageMaxMs: DEDUPE_MS * REPEATED_FOR })
  /** By number. */
  readonly #sending = new Map<number, Item>()
  /** In their order, from `#first` on. */
  #waiting: Item[] = []
  #first = 0
  #send: Send | undefined
  #retry: NodeJS.Timeout | undefined
  /** Retries since the connection came. */
  #retries = 0
  #sweep: NodeJS.Timeout | undefined
  #number = 0
  #events = 0
  #length = 0
  #onEmpty: (() => void) | undefined

  /** The store keeps what cannot be sent; without one it waits in memory. */
  constructor(store: BusStore | undefined, onNotice: (message: string) => void) {
    this.#store = store
    this.#onNotice = onNotice
  }

  get figures() {
    return { events: this.#events, bytes: this.#length }
  }

  /** Takes up what an earlier process kept. */
  async recover(): Promise<void> {
    if (!this.#store) return
    const found: { number: number; outgoing: Outgoing }[] = []
    for await (const { key, value } of this.#store.scan(KEYS)) {
      found.push({ number: Number(key.slice(KEYS.length)), outgoing: value as unknown as Outgoing })
    }
    for (const { number, outgoing } of found.sort((a, b) => a.number - b.number)) {
      this.#number = number
      this.#add(outgoing, Number.POSITIVE_INFINITY, nobody, nobody).kept = Promise.resolve()
    }
  }

  /** As `Bus.publish`: with a store, fulfilled once it is sent or kept. */
  publish(outgoing: Outgoing, timeoutMs: number): Promise<void> {
    if (this.#events >= EVENTS_MAX || this.#length + outgoing.text.length > LENGTH_MAX) {
      return Promise.reject(new BusError('OVERLOADED', `${this.#events} events wait for the bus already`))
    }
    return new Promise<void>((resolve, reject) => {
      this.#number += 1
      const item = this.#add(outgoing, timeoutMs, resolve, reject)
      if (this.#send === undefined || this.#retry !== undefined) this.#keep(item)
      else this.#pump()
    })
  }

  /** There is a connection to send by; without `send`, there is none. */
  setOpen(send: Send | undefined): void {
    this.#send = send
    if (send === undefined) {
      this.#keepAll()
      return
    }
    clearTimeout(this.#retry)
    this.#retries = 0
    // Before all others goes what the server may have acknowledged and lost.
    for (const item of this.#sentLately.takeAll()) {
      item.isAgain = true
      item.isGone = false
      item.deadlineMs = Number.POSITIVE_INFINITY
      this.#count(item)
    }
    this.#again()
  }

  /** What the stream says to the event of that number; no failure where it has it now. */
  answered(number: number, failure?: SendFailure): void {
    const item = this.#sending.get(number)
    if (!item) return
    if (failure && !failure.isPermanent) {
      this.#trouble()
      return
    }
    this.#sending.delete(number)
    if (failure) {
      this.#onNotice(`the bus refuses an event for ${item.subject}: ${failure.message}`)
      this.#settle(item, new BusError('UNAVAILABLE', `the bus refuses the event: ${failure.message}`))
    } else {
      if (!item.isGone) this.#sentLately.add(item, item.firstSentMs)
      this.#settle(item)
    }
    this.#pump()
  }

  /** The server refuses this user the subject: so it does each event of that subject. */
  forbidden(subject: string, message: string): void {
    for (const { number, subject: refused } of [...this.#sending.values()]) {
      if (refused === subject) this.answered(number, { message, isPermanent: true })
    }
  }

  /** Waits up to that long for what can still be sent; the rest stays in the store, or is rejected with CLOSED. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#events > 0 && this.#send) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        this.#onEmpty = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#send = undefined
    clearTimeout(this.#retry)
    clearInterval(this.#sweep)
    const left = this.#all()
    await Promise.all(left.map(({ kept }) => kept))
    for (const item of left) item.reject(new BusError('CLOSED', 'the bus was closed before it could take this event'))
  }

  #add(outgoing: Outgoing, timeoutMs: number, resolve: () => void, reject: (error: BusError) => void): Item {
    const { id, subject, text, requestId, only } = outgoing
    const deadlineMs = performance.now() + timeoutMs
    const state = { kept: undefined, isAgain: false, isGone: false, firstSentMs: 0, sentMs: 0 }
    const ends = { deadlineMs, timeoutMs, resolve, reject }
    const item: Item = { number: this.#number, id, subject, text, requestId, only, ...ends, ...state }
    this.#count(item)
    return item
  }

  #count(item: Item): void {
    this.#events += 1
    this.#length += item.text.length
    this.#waiting.push(item)
    this.#sweep ??= setInterval(() => this.#sweepAll(), SWEEP_MS)
  }

  #pump(): void {
    while (this.#send && this.#retry === undefined && this.#sending.size < WINDOW) {
      const item = this.#waiting[this.#first]
      if (!item) break
      this.#first += 1
      if (item.isGone) continue
      item.sentMs = performance.now()
      item.firstSentMs ||= item.sentMs
      this.#sending.set(item.number, item)
      this.#send(item)
    }
    if (this.#first > 1024 && this.#first > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
  }

  /** Looks for answers that do not come, and for deadlines that have passed. */
  #sweepAll(): void {
    const nowMs = performance.now()
    let isSilent = false
    for (const item of this.#sending.values()) {
      if (nowMs - item.sentMs > KEEP_AFTER_MS) this.#keep(item)
      if (nowMs - item.sentMs > ANSWER_MS) isSilent = true
    }
    for (const item of this.#all()) {
      if (nowMs < item.deadlineMs || item.kept !== undefined) continue
      this.#settle(item, new BusError('TIMEOUT', `the bus did not take the event within ${item.timeoutMs} ms`))
    }
    if (isSilent) this.#trouble()
  }

  /** Nothing more is sent until all that has no answer can go again. */
  #trouble(): void {
    this.#keepAll()
    if (this.#retry !== undefined) return
    this.#retries += 1
    this.#retry = setTimeout(() => this.#again(), backoffMs(PAUSES, this.#retries))
  }

  #again(): void {
    this.#retry = undefined
    this.#waiting = this.#all().sort((a, b) => a.number - b.number)
    this.#sending.clear()
    this.#first = 0
    this.#pump()
  }

  #all(): Item[] {
    return [...this.#sending.values(), ...this.#waiting.slice(this.#first)]
  }

  #keepAll(): void {
    for (const item of this.#all()) this.#keep(item)
  }

  #keep(item: Item): void {
    if (!this.#store || item.kept || item.isGone || item.isAgain) return
    const { id, subject, text, requestId, only } = item
    const value = {
      id,
      subject,
      text,
      ...(requestId !== undefined && { requestId }),
      ...(only !== undefined && { only }),
    }
    item.kept = this.#store.set(keyOf(item.number), value).then(item.resolve, (error) => {
      item.kept = undefined
      this.#onNotice(`an event that cannot be sent cannot be kept on the disk either: ${messageOf(error)}`)
    })
  }

  #settle(item: Item, error?: BusError): void {
    if (item.isGone) return
    item.isGone = true
    if (error) item.reject(error)
    else item.resolve()
    this.#events -= 1
    this.#length -= item.text.length
    item.kept
      ?.then(() => this.#store?.delete(keyOf(item.number)))
      .catch((cause) => this.#onNotice(`an event that was sent stays on the disk: ${messageOf(cause)}`))
    item.kept = undefined
    if (this.#events > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
    this.#onEmpty?.()
  }
}

function keyOf(number: number): string {
  return `${KEYS}${String(number).padStart(16, '0')}`
}
