import { type Lock, LockHeldError } from '@powerbus/store'
import { backoffMs, pause } from '@powerbus/turns'
import type { Entry } from '../outbox/entry.ts'
import { HeldLane } from '../outbox/held-lane.ts'
import { emptyLane, figuresOf, type LaneContents, type LaneFigures } from '../outbox/lane-contents.ts'
import { laneKeys } from '../outbox/outbox.ts'
import type { DeliveryContext } from './delivery-context.ts'
import { LanePace } from './lane-pace.ts'
import { LaneTurn } from './lane-turn.ts'
import { Waker } from './waker.ts'

const LOCK_MS = 30_000
const LOCK_WAIT_MS = 60_000
/** A turn ends after so long, so that another replica gets one, and when nothing is due for a while. Milliseconds. */
const TURN_MS = 10_000
const LINGER_MS = 1500
/** What comes is planned together: milliseconds between two plans that wait for nothing else. */
const GATHER_MS = 20
/** A long lane takes long to read: it is not read again for each event that comes, but after so many times as long, and at most so many milliseconds. */
const REST_FACTOR = 10
const REST_MAX_MS = 1500
/** After failures of the store; milliseconds. */
const storePauses = { firstMs: 1000, mostMs: 60_000, jitter: 0.5 }

/** One channel: delivers what its lane has, in turns under the lane's lock, and never fails. */
export class Lane {
  readonly #pace: LanePace
  readonly #channel: string
  readonly #context: DeliveryContext
  readonly #waker = new Waker()
  /** Entries that are being written, and come by `accepted`. */
  readonly #claimed = new Map<string, Promise<boolean>>()
  readonly #ended: Promise<void>
  #contents: LaneContents | undefined
  #failures = 0
  /** Until when the lane need not be read again; milliseconds since 1970. */
  #restedMs = 0
  #isStale = false
  #seen: LaneFigures = { waiting: 0, parked: 0, isParked: false }

  constructor(channel: string, context: DeliveryContext) {
    this.#channel = channel
    this.#context = context
    this.#pace = new LanePace(context.workspace)
    this.#ended = this.#run()
  }

  /** Fulfilled when the context's signal is aborted and the last call has ended. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /** As this process knows it. */
  get figures(): LaneFigures {
    return this.#contents ? figuresOf(this.#contents) : this.#seen
  }

  /** Others have changed what is in the store. */
  reload(): void {
    this.#isStale = true
    this.#waker.wake()
  }

  /** Looks for something to do: also after a stop, and after the end of an outage. */
  wake(): void {
    this.#waker.wake()
  }

  /** Slack may be asked again at once. */
  resume(): void {
    this.#pace.resume()
    this.#waker.wake()
  }

  /** Makes an entry durable. False where this event came before. Rejects where the store fails. */
  async accept(entry: Entry): Promise<boolean> {
    const first = this.#claimed.get(entry.id)
    if (first !== undefined) {
      // The same event once more, while the first one is being written.
      const isKept = await first.then(
        () => true,
        () => false,
      )
      return isKept ? false : await this.accept(entry)
    }
    const accepted = this.#accept(entry)
    this.#claimed.set(entry.id, accepted)
    return await accepted
  }

  async #accept(entry: Entry): Promise<boolean> {
    const { id } = entry
    try {
      const isNew = await this.#context.outbox.accept(this.#channel, entry)
      if (isNew && this.#contents) this.#contents.entries.set(id, entry)
      else if (isNew) this.#seen = { ...this.#seen, waiting: this.#seen.waiting + 1 }
      return isNew
    } finally {
      this.#claimed.delete(id)
      this.#waker.wake()
    }
  }

  async #run(): Promise<void> {
    const { signal, log } = this.#context
    let dueMs: number | undefined = 0
    while (!signal.aborted) {
      await this.#waker.wait(dueMs)
      const restMs = Math.min(this.#restedMs, dueMs ?? this.#restedMs) - Date.now()
      if (restMs > 0) await pause(restMs, signal)
      if (signal.aborted) break
      try {
        dueMs = await this.#turn()
        this.#failures = 0
      } catch (error) {
        if (signal.aborted) break
        // Another replica delivers this channel: ask for it again.
        dueMs = Date.now()
        if (error instanceof LockHeldError) continue
        this.#failures += 1
        if (this.#failures % 10 === 1) log.warn('the outbox fails', { channel: this.#channel, error: String(error) })
        dueMs += backoffMs(storePauses, this.#failures)
      }
    }
  }

  /** When the next one is due; undefined: when it is woken. */
  async #turn(): Promise<number | undefined> {
    const { outbox, instance, signal } = this.#context
    if (!this.#context.link()) return undefined
    const lock = await outbox.store.lock({
      key: laneKeys(this.#channel).lock,
      owner: { instance },
      ttlMs: LOCK_MS,
      waitMs: LOCK_WAIT_MS,
      signal,
    })
    this.#isStale = false
    const contents = emptyLane()
    this.#contents = contents
    try {
      const startMs = performance.now()
      const done = await outbox.load(this.#channel, contents, (id) => this.#claimed.has(id))
      const readMs = performance.now() - startMs
      this.#restedMs = Date.now() + Math.min(readMs * REST_FACTOR, REST_MAX_MS)
      return await this.#work(contents, done, lock)
    } finally {
      this.#seen = figuresOf(contents)
      this.#contents = undefined
      await lock.release()
    }
  }

  async #work(contents: LaneContents, done: readonly string[], lock: Lock): Promise<number | undefined> {
    const { signal } = this.#context
    const lane = new HeldLane(this.#channel, contents, this.#context.outbox.store, lock)
    const turn = new LaneTurn(lane, this.#pace, this.#context)
    await turn.begin(done)
    const endMs = Date.now() + TURN_MS
    for (;;) {
      const link = this.#context.link()
      if (this.#isStale) return 0
      const step = turn.next()
      const nowMs = Date.now()
      if (!step || !link) return undefined
      if (signal.aborted || nowMs >= endMs || step.readyMs > nowMs + LINGER_MS) return step.readyMs
      if (step.readyMs > nowMs) {
        await pause(Math.min(GATHER_MS, step.readyMs - nowMs), signal)
        await this.#waker.wait(step.readyMs)
      } else await turn.take(step, link)
    }
  }
}
