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
  /** Deliveries to subscribers that were stopped or died; which of the events that they held had killed them is not known. */
  readonly elsewhere: number
  /**
   * Calls the handler, as delivery number `deliveries`. With `isAlone`, the driver keeps a mark that outlives the process until the call has
   * ended. False, without a call, where the mark of an earlier call is still there: that call killed its process.
   */
  run(deliveries: number, isAlone: boolean, call: () => Promise<void>): Promise<boolean>
  acknowledge(): Promise<void>
  /** Puts it among the dead letters, and acknowledges it. */
  bury(reason: string, deliveries: number): Promise<void>
  /** Not handled: somebody else may have it. */
  release(deliveries: number): void
}

/** Ids that were handled lately: a repeat of one is acknowledged without a handler. */
const DONE_IDS = 10_000
const STOP_TIMEOUT_MS = 30_000
/** Deaths of subscribers that an event may cause before it is buried, where `deliveriesMax` is not more. */
const DEATHS_MIN = 5

/** `killer`: not tried, because it killed its process when it ran alone. */
type Attempt = 'handled' | 'stopped' | 'killer' | { readonly failed: string }

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
 * An event may kill its process, and events that were held or ran beside it count as many deliveries. So an event whose next death
 * would be its last runs while nothing else of the subscription does: if it kills once more, it is the one.
 */
export class HandlerLanes {
  readonly #handler: EventHandler
  readonly #slots: Slots
  readonly #alone = new Slots(1)
  readonly #concurrency: number
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
  #handled = 0
  #failed = 0
  #dead = 0

  /** `onFree` is called whenever an event is held no longer. */
  constructor(options: SubscribeOptions, handler: EventHandler, onFree: () => void) {
    this.#handler = handler
    this.#concurrency = positive('concurrency', options.concurrency ?? 16)
    this.#slots = new Slots(this.#concurrency)
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
    let isAlone = this.#isSuspect(deliveries, elsewhere)
    let end: Attempt = { failed: 'its handlers died' }
    while (deliveries < this.#deliveriesMax) {
      const number = deliveries + 1
      end = await (isAlone
        ? this.#whileNothingRuns(() => this.#try(held, number, true))
        : this.#slots.run(() => this.#try(held, number, false)))
      if (end === 'handled') return await this.#acknowledge(held, number)
      if (end === 'stopped') return release(held, deliveries)
      if (end === 'killer') return await this.#bury(held, 'it killed its subscriber each time', deliveries + elsewhere)
      isAlone = false
      deliveries = number
      if (deliveries < this.#deliveriesMax) await this.#pause(deliveries)
    }
    if (this.#abandoned) release(held, deliveries)
    else await this.#bury(held, end.failed, deliveries)
  }

  /** Whether one more delivery that does not end is too many. */
  #isSuspect(deliveries: number, elsewhere: number): boolean {
    const most = this.#deliveriesMax
    return (deliveries > 0 && deliveries >= most - 1) || elsewhere >= Math.max(most, DEATHS_MIN) - 1
  }

  #whileNothingRuns<T>(work: () => Promise<T>): Promise<T> {
    const withSlots = (count: number): Promise<T> =>
      count === 0 ? work() : this.#slots.run(() => withSlots(count - 1))
    return this.#alone.run(() => withSlots(this.#concurrency))
  }

  async #try({ offer, elsewhere }: Held, number: number, isAlone: boolean): Promise<Attempt> {
    if (this.#stopping.signal.aborted) return 'stopped'
    const { event, requestId } = offer
    const run = new HandlerRun(number + elsewhere, requestId)
    this.#runs.add(run)
    try {
      const call = () => run.run(this.#timeoutMs, async () => this.#handler(event, run))
      if (!(await offer.run(number, isAlone, call))) return 'killer'
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
