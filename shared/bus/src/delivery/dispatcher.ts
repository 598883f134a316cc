import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventHandler, StopOptions, SubscribeOptions } from '../bus.ts'
import { BusError, messageOf } from '../bus-error.ts'
import type { BusEvent } from '../bus-event.ts'
import { limitedTime } from './limited-time.ts'
import { RecentIds } from './recent-ids.ts'
import { Slots } from './slots.ts'

/** One event on its way to a handler, and what its driver does when that has ended. */
export interface Offer {
  readonly event: BusEvent
  readonly requestId: string | undefined
  /** Deliveries that count against `deliveriesMax`. */
  readonly deliveries: number
  /** Deliveries elsewhere, which do not: their subscriber may have died of something else, or was stopped. */
  readonly elsewhere: number
  /** Given to a handler now, for the so-manieth time; the handler waits for it. */
  begun(deliveries: number): Promise<void> | undefined
  /** A handler that had it has ended, well or not, and this process lives. */
  survived(): void
  acknowledge(): Promise<void>
  /** Puts it among the dead letters, and acknowledges it. */
  bury(reason: string, deliveries: number): Promise<void>
  /** Not handled: somebody else may have it. */
  release(deliveries: number): void
}

/** Ids that were handled lately: a repeat of one is acknowledged without a handler. */
const DONE_IDS = 10_000
const STOP_TIMEOUT_MS = 30_000
/** An event that came to so many subscribers before, and was ended by none, may have killed them. */
export const SUSPECT_DELIVERIES = 2
/** After so many, and no fewer than `deliveriesMax`, it is given to no other. */
const ELSEWHERE_MAX = 5

interface Held {
  /** The newest offer of this event. */
  offer: Offer
  /** Offers of it that came before: repeats, which end as the newest does. */
  readonly earlier: Offer[]
}

/**
 * Runs one subscription's handler: keys in order, different keys side by side, failures again after a pause. Events that may have
 * killed their subscribers run one at a time: if one of them does so again, the others are not counted with it.
 */
export class Dispatcher {
  readonly #handler: EventHandler
  readonly #slots: Slots
  readonly #suspects = new Slots(1)
  readonly #deliveriesMax: number
  readonly #backoffMs: readonly number[]
  readonly #timeoutMs: number
  readonly #lanes = new Map<string, Held[]>()
  readonly #held = new Map<string, Held>()
  readonly #done = new RecentIds(DONE_IDS)
  readonly #stopping = new AbortController()
  readonly #abandon = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #onFree: () => void
  #active = 0
  #handled = 0
  #failed = 0
  #dead = 0

  /** `onFree` is called whenever an event is held no longer. */
  constructor(options: SubscribeOptions, handler: EventHandler, onFree: () => void) {
    this.#handler = handler
    this.#slots = new Slots(positive('concurrency', options.concurrency ?? 16))
    this.#deliveriesMax = positive('deliveriesMax', options.deliveriesMax ?? 5)
    this.#backoffMs = options.backoffMs ?? [1000, 5000, 15_000, 60_000]
    this.#timeoutMs = positive('timeoutMs', options.timeoutMs ?? 60_000)
    this.#onFree = onFree
    // One listener for each that runs.
    setMaxListeners(0, this.#abandon.signal)
  }

  get held(): number {
    return this.#held.size
  }

  get figures() {
    return {
      held: this.#held.size,
      running: this.#active,
      handled: this.#handled,
      failed: this.#failed,
      dead: this.#dead,
    }
  }

  /** Whether an event of that key would go into a queue behind others. */
  hasLane(key: string): boolean {
    return this.#lanes.has(key)
  }

  offer(offer: Offer): void {
    const { id } = offer.event
    if (this.#stopping.signal.aborted) {
      offer.release(offer.deliveries)
      return
    }
    const present = this.#held.get(id)
    if (present) {
      present.earlier.push(present.offer)
      present.offer = offer
      return
    }
    const held: Held = { offer, earlier: [] }
    this.#held.set(id, held)
    const key = laneOf(offer.event)
    const lane = this.#lanes.get(key)
    if (lane) {
      lane.push(held)
      return
    }
    const opened = [held]
    this.#lanes.set(key, opened)
    this.#track(this.#work(key, opened))
  }

  /** Calls with the newest offer of each event that is held. */
  forEachHeld(use: (offer: Offer) => void): void {
    for (const { offer } of this.#held.values()) use(offer)
  }

  async stop({ timeoutMs = STOP_TIMEOUT_MS }: StopOptions = {}): Promise<void> {
    this.#stopping.abort(new BusError('CLOSED', 'the subscription is stopped'))
    const timer = setTimeout(() => this.#abandon.abort(new BusError('CLOSED', 'a stop waited long enough')), timeoutMs)
    try {
      await Promise.all(this.#running)
    } finally {
      clearTimeout(timer)
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  async #work(key: string, lane: Held[]): Promise<void> {
    for (let held = lane[0]; held; held = lane[0]) {
      await this.#settle(held)
      lane.shift()
      this.#held.delete(held.offer.event.id)
      this.#onFree()
    }
    this.#lanes.delete(key)
  }

  async #settle(held: Held): Promise<void> {
    const { event, requestId, elsewhere } = held.offer
    let { deliveries } = held.offer
    let reason = 'its handlers died'
    if (this.#done.has(event.id)) {
      await this.#acknowledge(held, deliveries)
      return
    }
    if (elsewhere >= Math.max(this.#deliveriesMax, ELSEWHERE_MAX)) {
      await this.#bury(held, 'its subscribers died or were stopped', deliveries + elsewhere)
      return
    }
    let isSuspect = deliveries + elsewhere >= SUSPECT_DELIVERIES
    while (deliveries < this.#deliveriesMax) {
      if (isSuspect) await this.#suspects.take()
      await this.#slots.take()
      this.#active += 1
      try {
        if (this.#stopping.signal.aborted) break
        deliveries += 1
        await held.offer.begun(deliveries)
        const delivery = { deliveries: deliveries + held.offer.elsewhere, requestId }
        await limitedTime(this.#timeoutMs, this.#abandon.signal, async (signal) =>
          this.#handler(event, { ...delivery, signal }),
        )
        this.#handled += 1
        this.#done.add(event.id)
        await this.#acknowledge(held, deliveries)
        return
      } catch (error) {
        this.#failed += 1
        reason = messageOf(error)
      } finally {
        this.#active -= 1
        this.#slots.free()
        if (isSuspect) this.#suspects.free()
        isSuspect = false
        held.offer.survived()
      }
      if (deliveries < this.#deliveriesMax) await this.#pause(deliveries)
    }
    if (deliveries < this.#deliveriesMax || this.#abandon.signal.aborted) release(held, deliveries)
    else await this.#bury(held, reason, deliveries)
  }

  async #acknowledge(held: Held, deliveries: number): Promise<void> {
    try {
      await Promise.all([...held.earlier, held.offer].map((offer) => offer.acknowledge()))
    } catch {
      // It comes again, and is known as done then.
      release(held, deliveries)
    }
  }

  async #bury(held: Held, reason: string, deliveries: number): Promise<void> {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await held.offer.bury(reason, deliveries)
        await Promise.all(held.earlier.map((offer) => offer.acknowledge()))
        this.#dead += 1
        return
      } catch {
        // The dead letters cannot be reached: the event stays here until they can.
        await this.#pause(attempt)
      }
    }
    release(held, deliveries)
  }

  async #pause(failures: number): Promise<void> {
    const pauseMs = this.#backoffMs[Math.min(failures, this.#backoffMs.length) - 1] ?? 0
    const { signal } = this.#stopping
    await sleep(pauseMs, undefined, { signal }).catch((error) => {
      if (!signal.aborted) throw error
    })
  }
}

function release(held: Held, deliveries: number): void {
  for (const offer of [...held.earlier, held.offer]) offer.release(deliveries)
}

/** What keeps its order. */
export function laneOf({ Type, Key }: Pick<BusEvent, 'Type' | 'Key'>): string {
  return JSON.stringify([Type, Key])
}

function positive(name: string, value: number): number {
  if (!(value >= 1)) throw new BusError('INPUT', `${name} must be at least 1`)
  return value
}
