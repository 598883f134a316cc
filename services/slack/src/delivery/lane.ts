import { type Lock, LockHeldError } from '@powerbus/store'
import { backoffMs, KeyedQueue, pause } from '@powerbus/turns'
import type { Entry } from '../outbox/entry.ts'
import { HeldLane } from '../outbox/held-lane.ts'
import { emptyLane, figuresOf, type LaneContents, type LaneFigures } from '../outbox/lane-contents.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { LanePace } from './lane-pace.ts'
import { LaneTurn } from './lane-turn.ts'
import { Waker } from './waker.ts'

/** Longest turn, so that other replicas get theirs; milliseconds. */
const TURN_MS = 10_000
/** A turn ends if nothing is due for so long; milliseconds. */
const LINGER_MS = 1500
/** Milliseconds between two plans, so that events that come together are planned together. */
const GATHER_MS = 20
/**
 * After a read the lane rests ten times as long as the read took, at most 1500 ms, so that a long lane is not read for
 * each event.
 */
const REST_FACTOR = 10
const REST_MAX_MS = 1500
/** After failures of the store; milliseconds. */
const storePauses = { firstMs: 1000, mostMs: 60_000, jitter: 0.5 }

/** Delivers the messages of one channel, in turns under the lock of its lane. Never fails. */
export class Lane {
  readonly #pace: LanePace
  readonly #channel: string
  readonly #context: DeliveryContext
  readonly #waker: Waker
  /** Entries that are being written; `#accept` adds them to the contents. */
  readonly #claimed = new Set<string>()
  readonly #accepting = new KeyedQueue()
  /** Resolves after the context's signal is aborted and the last call has ended. */
  readonly ended: Promise<void>
  #contents: LaneContents | undefined
  #failures = 0
  /** End of the rest after the last read; milliseconds since 1970. */
  #restedMs = 0
  /** Events do not wake the lane before this time, since they must wait for it; milliseconds since 1970. */
  #opensMs = 0
  #isStale = false
  #seen: LaneFigures = { waiting: 0, parked: 0, isParked: false }

  constructor(channel: string, context: DeliveryContext) {
    this.#channel = channel
    this.#context = context
    this.#waker = new Waker(context.clock)
    this.#pace = new LanePace(context.workspace, context.clock)
    this.ended = this.#run()
  }

  /** As this process knows them. */
  get figures(): LaneFigures {
    return this.#contents ? figuresOf(this.#contents) : this.#seen
  }

  /** Ends the pause after failures, and reads the lane again, which others may have changed in the store. */
  refresh(): void {
    this.#isStale = true
    this.#opensMs = 0
    this.#pace.resume()
    this.#waker.wake()
  }

  /** Makes an entry durable. False for an event that came before. Throws StoreError. */
  accept(entry: Entry): Promise<boolean> {
    return this.#accepting.run(entry.id, () => this.#accept(entry))
  }

  async #accept(entry: Entry): Promise<boolean> {
    const { id } = entry
    this.#claimed.add(id)
    try {
      const isNew = await this.#context.outbox.accept(this.#channel, entry)
      if (isNew && this.#contents) this.#contents.entries.set(id, entry)
      else if (isNew) this.#seen = { ...this.#seen, waiting: this.#seen.waiting + 1 }
      return isNew
    } finally {
      this.#claimed.delete(id)
      if (this.#context.clock.dateMs() >= this.#opensMs) this.#waker.wake()
    }
  }

  async #run(): Promise<void> {
    const { signal, log, clock } = this.#context
    let dueMs: number | undefined = 0
    while (!signal.aborted) {
      await this.#waker.wait(this.#before(dueMs))
      const restMs = Math.min(this.#restedMs, dueMs ?? this.#restedMs) - clock.dateMs()
      if (restMs > 0) await pause(restMs, signal, clock)
      if (signal.aborted) break
      try {
        dueMs = await this.#turn()
        this.#failures = 0
      } catch (error) {
        if (signal.aborted) break
        dueMs = clock.dateMs()
        // Another replica delivers this channel.
        if (error instanceof LockHeldError) continue
        this.#failures += 1
        if (this.#failures % 10 === 1)
          log.warn('the outbox cannot be read or written', { channel: this.#channel, error: String(error) })
        dueMs += backoffMs(storePauses, this.#failures)
      }
    }
  }

  /** Time of the next turn; undefined: at the next wake. */
  async #turn(): Promise<number | undefined> {
    if (!this.#context.link()) return undefined
    const contents = emptyLane(this.#channel)
    try {
      return await this.#context.outbox.hold(this.#channel, this.#context.signal, (lock) => this.#work(contents, lock))
    } finally {
      if (this.#contents) this.#seen = figuresOf(contents)
      this.#contents = undefined
    }
  }

  async #work(contents: LaneContents, lock: Lock): Promise<number | undefined> {
    const { signal, clock, outbox } = this.#context
    this.#isStale = false
    this.#contents = contents
    const startMs = clock.nowMs()
    const done = await outbox.load(contents, (id) => this.#claimed.has(id))
    const readMs = clock.nowMs() - startMs
    this.#restedMs = clock.dateMs() + Math.min(readMs * REST_FACTOR, REST_MAX_MS)
    const turn = new LaneTurn(new HeldLane(contents, outbox.store, lock), this.#pace, this.#context)
    await turn.begin(done)
    const endMs = clock.dateMs() + TURN_MS
    for (;;) {
      const link = this.#context.link()
      if (this.#isStale) return 0
      const step = turn.next()
      this.#opensMs = turn.opensMs
      const nowMs = clock.dateMs()
      if (!step || !link) return undefined
      if (signal.aborted || nowMs >= endMs || step.readyMs > nowMs + LINGER_MS) return step.readyMs
      if (step.readyMs > nowMs) {
        await pause(Math.min(GATHER_MS, step.readyMs - nowMs), signal, clock)
        await this.#waker.wait(this.#before(step.readyMs))
      } else await turn.take(step, link)
    }
  }

  /** The wait for `dueMs` also ends when events, which may have come by then, need not wait any more. */
  #before(dueMs: number | undefined): number | undefined {
    if (this.#opensMs <= this.#context.clock.dateMs()) return dueMs
    return Math.min(this.#opensMs, dueMs ?? this.#opensMs)
  }
}
