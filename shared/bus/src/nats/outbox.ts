import { BusError, messageOf } from '../bus-error.ts'
import type { BusStore } from '../bus-store.ts'
import type { Acknowledged } from './acknowledged.ts'
import { Jitter } from './jitter.ts'

/** One event on its way to the stream. */
export interface Outgoing {
  readonly id: string
  readonly subject: string
  readonly text: string
  readonly requestId?: string
  readonly only?: string
  /** Was acknowledged before: whoever watches has seen it. */
  readonly isAgain?: boolean
}

export interface OutboxLimits {
  /** 100 000. */
  readonly eventsMax?: number
  /** 64 MiB. */
  readonly bytesMax?: number
}

export interface OutboxWorld {
  /** Fulfilled once the stream has it. */
  readonly send: (outgoing: Outgoing) => Promise<void>
  /** Whether such an error comes again however often it is sent. */
  readonly isPermanent: (error: unknown) => boolean
  /** Keeps what cannot be sent; without one it waits in memory. */
  readonly store: BusStore | undefined
  readonly acknowledged: Acknowledged
  readonly onNotice: (message: string) => void
}

interface Item {
  readonly number: number
  readonly outgoing: Outgoing
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: BusError) => void
  timer: NodeJS.Timeout | undefined
  /** In the store, or being put there. */
  kept: Promise<void> | undefined
  gone: boolean
  attempts: number
  /** Of the first attempt, by the clock of `acknowledged`. */
  sentMs: number
}

const KEYS = 'out/'
/** Sent without waiting for the answer of the one before. */
const WINDOW = 512
/** An answer that takes longer is trouble: what waits is kept. */
const KEEP_AFTER_MS = 1000

/** Sends events in their order; keeps those that cannot be sent, and sends them once the bus is back. */
export class Outbox {
  readonly #world: OutboxWorld
  readonly #eventsMax: number
  readonly #bytesMax: number
  /** By number; without those of a connection that is gone. */
  readonly #sending = new Map<number, Item>()
  readonly #jitter = new Jitter(100, 2000)
  #waiting: Item[] = []
  #first = 0
  #failed: Item[] = []
  #isOpen = false
  #retry: NodeJS.Timeout | undefined
  #number = 0
  /** Numbers below this are free; those of this process's repeats are negative. */
  #before = 0
  #events = 0
  #bytes = 0
  #onEmpty: (() => void) | undefined

  constructor(world: OutboxWorld, limits: OutboxLimits) {
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
      const item = this.#add({ outgoing, resolve: () => undefined, reject: () => undefined })
      item.kept = Promise.resolve()
    }
  }

  /** As `Bus.publish`: with a store, fulfilled once it is sent or kept. */
  async publish(outgoing: Outgoing, timeoutMs: number): Promise<void> {
    const bytes = outgoing.text.length
    if (this.#events >= this.#eventsMax || this.#bytes + bytes > this.#bytesMax) {
      throw new BusError('OVERLOADED', `${this.#events} events wait for the bus already`)
    }
    await new Promise<void>((resolve, reject) => {
      this.#number += 1
      const item = this.#add({ outgoing, resolve, reject })
      item.timer = setTimeout(() => this.#late(item, timeoutMs), Math.min(timeoutMs, 2 ** 31 - 1))
      const isStuck = !this.#isOpen || this.#retry !== undefined
      if (isStuck) this.#keep(item)
      this.#pump()
    })
  }

  /** The connection is there, or is not. */
  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen
    if (!isOpen) {
      // Whether they have arrived is not known: they go again, before all others, under the same message id.
      this.#failed.push(...this.#sending.values())
      this.#sending.clear()
      for (const item of this.#failed) this.#keep(item)
      return
    }
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#jitter.reset()
    this.#repeat()
    this.#again()
  }

  /** Waits up to that long for what can still be sent; the rest stays in the store, or is rejected with CLOSED. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#events > 0 && this.#isOpen) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        this.#onEmpty = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#isOpen = false
    clearTimeout(this.#retry)
    const left = [...this.#sending.values(), ...this.#failed, ...this.#waiting.slice(this.#first)]
    await Promise.all(left.map(({ kept }) => kept))
    for (const item of left) {
      clearTimeout(item.timer)
      item.reject(new BusError('CLOSED', 'the bus was closed before it could take this event'))
    }
  }

  #add(
    { outgoing, resolve, reject }: Pick<Item, 'outgoing' | 'resolve' | 'reject'>,
    number: number = this.#number,
  ): Item {
    const bytes = outgoing.text.length
    const item = {
      number,
      outgoing,
      bytes,
      resolve,
      reject,
      timer: undefined,
      kept: undefined,
      gone: false,
      attempts: 0,
      sentMs: 0,
    }
    this.#events += 1
    this.#bytes += bytes
    this.#waiting.push(item)
    return item
  }

  #pump(): void {
    while (this.#isOpen && this.#retry === undefined && this.#sending.size < WINDOW) {
      const item = this.#waiting[this.#first]
      if (!item) break
      this.#first += 1
      if (!item.gone) void this.#send(item)
    }
    if (this.#first > 1024 && this.#first > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
  }

  async #send(item: Item): Promise<void> {
    this.#sending.set(item.number, item)
    item.attempts += 1
    if (item.attempts === 1) item.sentMs = this.#world.acknowledged.now()
    const attempt = item.attempts
    const slow = setTimeout(() => this.#keep(item), KEEP_AFTER_MS)
    try {
      await this.#world.send(item.outgoing)
      const { outgoing, sentMs, gone } = item
      if (!gone && !outgoing.isAgain) this.#world.acknowledged.add(outgoing, sentMs)
      this.#settle(item, undefined)
    } catch (error) {
      // One that was given up with its connection.
      if (!this.#sending.has(item.number) || item.attempts !== attempt) return
      if (this.#world.isPermanent(error)) this.#refused(item, error)
      else this.#failed.push(item)
    } finally {
      clearTimeout(slow)
    }
    this.#sending.delete(item.number)
    if (this.#failed.length === 0) this.#pump()
    else this.#trouble()
  }

  /** Nothing more is sent until the failed ones can go first. */
  #trouble(): void {
    for (const item of [...this.#failed, ...this.#sending.values(), ...this.#waiting.slice(this.#first)]) {
      this.#keep(item)
    }
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined
      this.#again()
    }, this.#jitter.next())
  }

  /** Before all others goes what the server may have acknowledged and lost. */
  #repeat(): void {
    const all = this.#world.acknowledged.takeAll()
    this.#before -= all.length
    for (const [index, outgoing] of all.entries()) {
      const again = { outgoing: { ...outgoing, isAgain: true }, resolve: () => undefined, reject: () => undefined }
      this.#add(again, this.#before + index)
    }
  }

  #again(): void {
    const all = [...this.#failed, ...this.#waiting.slice(this.#first)]
    this.#waiting = all.sort((a, b) => a.number - b.number)
    this.#failed = []
    this.#first = 0
    this.#pump()
  }

  #keep(item: Item): void {
    const { store, onNotice } = this.#world
    if (!store || item.kept || item.gone || item.outgoing.isAgain) return
    const { id, subject, text, requestId, only } = item.outgoing
    const extra = { ...(requestId !== undefined && { requestId }), ...(only !== undefined && { only }) }
    item.kept = store.set(keyOf(item.number), { id, subject, text, ...extra }).then(
      () => {
        clearTimeout(item.timer)
        item.resolve()
      },
      (error) => {
        item.kept = undefined
        onNotice(`an event that cannot be sent cannot be kept on the disk either: ${messageOf(error)}`)
      },
    )
  }

  #refused(item: Item, error: unknown): void {
    this.#world.onNotice(`the bus refuses an event for ${item.outgoing.subject}: ${messageOf(error)}`)
    this.#settle(item, new BusError('UNAVAILABLE', `the bus refuses the event: ${messageOf(error)}`, { cause: error }))
  }

  #late(item: Item, timeoutMs: number): void {
    this.#settle(item, new BusError('TIMEOUT', `the bus did not take the event within ${timeoutMs} ms`))
  }

  #settle(item: Item, error: BusError | undefined): void {
    if (item.gone) return
    item.gone = true
    clearTimeout(item.timer)
    if (error) item.reject(error)
    else item.resolve()
    this.#events -= 1
    this.#bytes -= item.bytes
    const { store, onNotice } = this.#world
    const kept = item.kept
    if (kept && store) {
      kept
        .then(() => store.delete(keyOf(item.number)))
        .catch((cause) => onNotice(`an event that was sent stays on the disk: ${messageOf(cause)}`))
    }
    if (this.#events === 0) this.#onEmpty?.()
  }
}

function keyOf(number: number): string {
  return `${KEYS}${String(number).padStart(16, '0')}`
}
