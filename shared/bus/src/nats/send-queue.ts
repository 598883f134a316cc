import { backoffMs } from '@powerbus/turns'
import { BusError, messageOf } from '../bus-error.ts'
import type { BusStore } from '../bus-store.ts'
import type { Outgoing, SendFailure } from './outgoing.ts'
import type { SentLately } from './sent-lately.ts'

export interface QueueLimits {
  /** 100 000. */
  readonly eventsMax?: number
  /** 64 MiB. */
  readonly bytesMax?: number
}

export interface QueueWorld {
  /** Keeps what cannot be sent; without one it waits in memory. */
  readonly store: BusStore | undefined
  readonly sentLately: SentLately
  readonly onNotice: (message: string) => void
}

/** The answer is given to `answered` with the same number. */
export type Send = (number: number, outgoing: Outgoing) => void

interface Item {
  readonly number: number
  readonly outgoing: Outgoing
  /** By `performance.now()`, as the other times. */
  readonly deadlineMs: number
  readonly timeoutMs: number
  readonly resolve: () => void
  readonly reject: (error: BusError) => void
  /** In the store, or being put there. */
  kept: Promise<void> | undefined
  isGone: boolean
  /** Of the first attempt; 0 before it. */
  firstSentMs: number
  /** Of the last attempt. */
  sentMs: number
}

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
 * before there is a connection.
 */
export class SendQueue {
  readonly #world: QueueWorld
  readonly #eventsMax: number
  readonly #bytesMax: number
  /** By number; without those of a connection that is gone. */
  readonly #sending = new Map<number, Item>()
  #waiting: Item[] = []
  #first = 0
  #failed: Item[] = []
  #send: Send | undefined
  #retry: NodeJS.Timeout | undefined
  /** Retries since the connection came. */
  #retries = 0
  #sweep: NodeJS.Timeout | undefined
  #number = 0
  /** Repeats get numbers below this, so that they sort before new events. */
  #before = 0
  #events = 0
  #bytes = 0
  #onEmpty: (() => void) | undefined

  constructor(world: QueueWorld, limits: QueueLimits) {
    this.#world = world
    this.#eventsMax = limits.eventsMax ?? 100_000
    this.#bytesMax = limits.bytesMax ?? 64 * 1024 * 1024
  }

  get figures() {
    return { events: this.#events, bytes: this.#bytes }
  }

  /** Takes up what an earlier process kept. */
  async recover(): Promise<void> {
    if (!this.#world.store) return
    const found: { number: number; outgoing: Outgoing }[] = []
    for await (const { key, value } of this.#world.store.scan(KEYS)) {
      found.push({ number: Number(key.slice(KEYS.length)), outgoing: value as unknown as Outgoing })
    }
    for (const { number, outgoing } of found.sort((a, b) => a.number - b.number)) {
      this.#number = number
      this.#add(number, outgoing).kept = Promise.resolve()
    }
  }

  /** As `Bus.publish`: with a store, fulfilled once it is sent or kept. */
  publish(outgoing: Outgoing, timeoutMs: number): Promise<void> {
    if (this.#events >= this.#eventsMax || this.#bytes + outgoing.text.length > this.#bytesMax) {
      return Promise.reject(new BusError('OVERLOADED', `${this.#events} events wait for the bus already`))
    }
    return new Promise<void>((resolve, reject) => {
      this.#number += 1
      const item = this.#add(this.#number, outgoing, timeoutMs, resolve, reject)
      if (this.#send === undefined || this.#retry !== undefined) this.#keep(item)
      else this.#pump()
    })
  }

  /** There is a connection to send by; without `send`, there is none. */
  setOpen(send: Send | undefined): void {
    this.#send = send
    if (send === undefined) {
      // Whether they have arrived is not known: they go again, before all others, under the same message id.
      this.#failed.push(...this.#sending.values())
      this.#sending.clear()
      for (const item of this.#failed) this.#keep(item)
      return
    }
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#retries = 0
    this.#repeat()
    this.#again()
  }

  /** What the stream says to the event of that number; no failure where it has it now. */
  answered(number: number, failure?: SendFailure): void {
    const item = this.#sending.get(number)
    if (!item) return
    this.#sending.delete(number)
    if (!failure) {
      const { outgoing, firstSentMs, isGone } = item
      if (!isGone && !outgoing.isAgain) this.#world.sentLately.add(outgoing, firstSentMs)
      this.#settle(item)
    } else if (failure.isPermanent) {
      this.#world.onNotice(`the bus refuses an event for ${item.outgoing.subject}: ${failure.message}`)
      this.#settle(item, new BusError('UNAVAILABLE', `the bus refuses the event: ${failure.message}`))
    } else this.#failed.push(item)
    if (this.#failed.length === 0) this.#pump()
    else this.#trouble()
  }

  /** The server refuses this user the subject: so it does each event of that subject. */
  forbidden(subject: string, message: string): void {
    for (const { number, outgoing } of [...this.#sending.values()]) {
      if (outgoing.subject === subject) this.answered(number, { message, isPermanent: true })
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

  #add(
    number: number,
    outgoing: Outgoing,
    timeoutMs = Number.POSITIVE_INFINITY,
    resolve: () => void = () => undefined,
    reject: (error: BusError) => void = () => undefined,
  ): Item {
    const deadlineMs = performance.now() + timeoutMs
    const state = { kept: undefined, isGone: false, firstSentMs: 0, sentMs: 0 }
    const item = { number, outgoing, deadlineMs, timeoutMs, resolve, reject, ...state }
    this.#events += 1
    this.#bytes += outgoing.text.length
    this.#waiting.push(item)
    this.#sweep ??= setInterval(() => this.#sweepAll(), SWEEP_MS)
    return item
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
      this.#send(item.number, item.outgoing)
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
    for (const item of [...this.#sending.values()]) {
      if (nowMs - item.sentMs > KEEP_AFTER_MS) this.#keep(item)
      if (nowMs - item.sentMs < ANSWER_MS) continue
      this.#sending.delete(item.number)
      this.#failed.push(item)
      isSilent = true
    }
    for (const item of this.#all()) {
      if (nowMs < item.deadlineMs || item.kept !== undefined) continue
      this.#settle(item, new BusError('TIMEOUT', `the bus did not take the event within ${item.timeoutMs} ms`))
    }
    if (isSilent) this.#trouble()
  }

  /** Nothing more is sent until the failed ones can go first. */
  #trouble(): void {
    for (const item of this.#all()) this.#keep(item)
    if (this.#retry !== undefined) return
    this.#retries += 1
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined
        this.#again()
      },
      backoffMs(PAUSES, this.#retries),
    )
  }

  /** Before all others goes what the server may have acknowledged and lost. */
  #repeat(): void {
    const all = this.#world.sentLately.takeAll()
    this.#before -= all.length
    for (const [index, outgoing] of all.entries()) this.#add(this.#before + index, { ...outgoing, isAgain: true })
  }

  #again(): void {
    const all = [...this.#failed, ...this.#waiting.slice(this.#first)]
    this.#waiting = all.sort((a, b) => a.number - b.number)
    this.#failed = []
    this.#first = 0
    this.#pump()
  }

  #all(): Item[] {
    return [...this.#sending.values(), ...this.#failed, ...this.#waiting.slice(this.#first)]
  }

  #keep(item: Item): void {
    const { store, onNotice } = this.#world
    if (!store || item.kept || item.isGone || item.outgoing.isAgain) return
    const { id, subject, text, requestId, only } = item.outgoing
    const extra = { ...(requestId !== undefined && { requestId }), ...(only !== undefined && { only }) }
    item.kept = store.set(keyOf(item.number), { id, subject, text, ...extra }).then(item.resolve, (error) => {
      item.kept = undefined
      onNotice(`an event that cannot be sent cannot be kept on the disk either: ${messageOf(error)}`)
    })
  }

  #settle(item: Item, error?: BusError): void {
    if (item.isGone) return
    item.isGone = true
    if (error) item.reject(error)
    else item.resolve()
    this.#events -= 1
    this.#bytes -= item.outgoing.text.length
    const { store, onNotice } = this.#world
    const kept = item.kept
    if (kept && store) {
      kept
        .then(() => store.delete(keyOf(item.number)))
        .catch((cause) => onNotice(`an event that was sent stays on the disk: ${messageOf(cause)}`))
    }
    if (this.#events > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
    this.#onEmpty?.()
  }
}

function keyOf(number: number): string {
  return `${KEYS}${String(number).padStart(16, '0')}`
}
