import { pause, Slots } from '@powerbus/turns'
import type { EventHandler, StopOptions, SubscribeOptions } from '../bus.ts'
import { BusError, messageOf } from '../bus-error.ts'
import type { BusEvent } from '../bus-event.ts'
import { HandlerRun } from './handler-run.ts'
import { RecentIds } from './recent-ids.ts'

/** One event on its way to a handler, and what its driver does when that has ended. */
export interface Offer {
  readonly event: BusEvent
  readonly requestId: string | undefined
  /** Calls of a handler that count against `deliveriesMax`. */
  readonly deliveries: number
  /** Deliveries to other subscribers, which were stopped or died: of this event, or of one that they held beside it. */
  readonly elsewhere: number
  /** The handler is called now, for the given time; it waits for what this returns. */
  begun(deliveries: number): Promise<void> | undefined
  acknowledge(): Promise<void>
  /** Puts it among the dead letters, and acknowledges it. */
  bury(reason: string, deliveries: number): Promise<void>
  /** Not handled: somebody else may have it. */
  release(deliveries: number): void
}

/** Ids that were handled lately: a repeat of one is acknowledged without a handler. */
const DONE_IDS = 10_000
const STOP_TIMEOUT_MS = 30_000
/** From its third delivery on an event runs alone among such events. */
const ALONE_FROM = 2
/** An event is buried after so many deliveries to subscribers that did not end it, or after `deliveriesMax` if that is more. */
const ELSEWHERE_MAX = 5

/** `over`: not tried, because it is over its limit. */
type Attempt = 'handled' | 'stopped' | 'over' | { readonly failed: string }

interface Held {
  /** The newest offer of this event. */
  offer: Offer
  /** Offers of it that came before: repeats, which end as the newest does. */
  readonly earlier: Offer[]
  /** Of the first offer: those that came after it came to this process, which lives. */
  readonly elsewhere: number
}

/**
 * Runs one subscription's handler: keys in order, different keys side by side, failures again after a pause.
 *
 * An event may kill its process. Deliveries are counted for all events that the process held, so those that came again run one
 * at a time in their order: the first of them that is over its limit is the one that killed, and is buried; those behind it
 * were held up by it, and are run.
 */
export class HandlerLanes {
  readonly #handler: EventHandler
  readonly #slots: Slots
  readonly #alone = new Slots(1)
  readonly #deliveriesMax: number
  readonly #backoffMs: readonly number[]
  readonly #timeoutMs: number
  readonly #lanes = new Map<string, Held[]>()
  readonly #held = new Map<string, Held>()
  readonly #done = new RecentIds(DONE_IDS)
  readonly #stopping = new AbortController()
  readonly #runs = new Set<HandlerRun>()
  readonly #working = new Set<Promise<void>>()
  readonly #onFree: () => void
  /** Set once the stop has waited long enough. */
  #abandoned: BusError | undefined
  /** The last event that came again was over its limit. */
  #wasOver = false
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
  }

  get held(): number {
    return this.#held.size
  }

  get figures() {
    return {
      held: this.#held.size,
      running: this.#runs.size,
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
    const held: Held = { offer, earlier: [], elsewhere: offer.elsewhere }
    this.#held.set(id, held)
    const key = laneOf(offer.event)
    const lane = this.#lanes.get(key)
    if (lane) {
      lane.push(held)
      return
    }
    const opened = [held]
    this.#lanes.set(key, opened)
    const working = this.#work(key, opened).finally(() => this.#working.delete(working))
    this.#working.add(working)
  }

  async stop({ timeoutMs = STOP_TIMEOUT_MS }: StopOptions = {}): Promise<void> {
    this.#stopping.abort(new BusError('CLOSED', 'the subscription is stopped'))
    const timer = setTimeout(() => {
      this.#abandoned = new BusError('CLOSED', 'a stop waited long enough')
      for (const run of this.#runs) run.end(this.#abandoned)
    }, timeoutMs)
    try {
      await Promise.all(this.#working)
    } finally {
      clearTimeout(timer)
    }
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
    const { elsewhere } = held
    const { event } = held.offer
    let { deliveries } = held.offer
    if (this.#done.has(event.id)) return await this.#acknowledge(held, deliveries)
    let isAgain = deliveries + elsewhere >= ALONE_FROM
    let end: Attempt = { failed: 'its handlers died' }
    while (deliveries < this.#deliveriesMax) {
      const number = deliveries + 1
      end = isAgain
        ? await this.#alone.run(() => this.#tryAgain(held, number))
        : await this.#slots.run(() => this.#try(held, number))
      if (end === 'handled') return await this.#acknowledge(held, number)
      if (end === 'stopped') return release(held, deliveries)
      if (end === 'over') return await this.#bury(held, 'its subscribers died or were stopped', deliveries + elsewhere)
      isAgain = false
      deliveries = number
      if (deliveries < this.#deliveriesMax) await this.#pause(deliveries)
    }
    if (this.#abandoned) release(held, deliveries)
    else await this.#bury(held, end.failed, deliveries)
  }

  async #tryAgain(held: Held, number: number): Promise<Attempt> {
    const isOver = held.elsewhere >= Math.max(this.#deliveriesMax, ELSEWHERE_MAX)
    const isFirst = !this.#wasOver
    this.#wasOver = isOver
    return isOver && isFirst ? 'over' : await this.#slots.run(() => this.#try(held, number))
  }

  async #try({ offer, elsewhere }: Held, number: number): Promise<Attempt> {
    if (this.#stopping.signal.aborted) return 'stopped'
    const { event, requestId } = offer
    const run = new HandlerRun(number + elsewhere, requestId)
    this.#runs.add(run)
    try {
      await offer.begun(number)
      if (this.#abandoned) throw this.#abandoned
      await run.run(this.#timeoutMs, async () => this.#handler(event, run))
      this.#handled += 1
      this.#done.add(event.id)
      return 'handled'
    } catch (error) {
      this.#failed += 1
      return { failed: messageOf(error) }
    } finally {
      this.#runs.delete(run)
    }
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
    await pause(pauseMs, this.#stopping.signal)
  }
}

function release(held: Held, deliveries: number): void {
  for (const offer of [...held.earlier, held.offer]) offer.release(deliveries)
}

/** What keeps its order. */
export function laneOf({ Type, Key }: Pick<BusEvent, 'Type' | 'Key'>): string {
  return `${Type.length} ${Type}${Key}`
}

function positive(name: string, value: number): number {
  if (!(value >= 1)) throw new BusError('INPUT', `${name} must be at least 1`)
  return value
}
