import type { EventHandler, SubscribeOptions } from '../bus.ts'
import { messageOf } from '../bus-error.ts'
import { decodeEvent } from '../bus-event.ts'
import type { BusStore } from '../bus-store.ts'
import { HandlerLanes, laneOf, type Offer } from '../delivery/handler-lanes.ts'
import { type EventPattern, matches } from '../event-pattern.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { EventLog, LoggedEvent } from './event-log.ts'

/** An event that was given out and is not acknowledged. */
interface Open {
  readonly event: LoggedEvent
  deliveries: number
  holder: Member | undefined
}

export interface Member {
  readonly lanes: HandlerLanes
  readonly match: readonly EventPattern[]
  readonly inFlight: number
}

/** What survives a restart: all up to `frontier` is acknowledged, but for the open ones ([sequence, deliveries]). */
export interface ConsumerRecord {
  readonly match: readonly { readonly Type: string; readonly Action: string; readonly Key: string }[]
  readonly frontier: number
  readonly open: readonly (readonly [sequence: number, deliveries: number])[]
}

export interface ConsumerWorld {
  readonly log: EventLog
  readonly store: BusStore | undefined
  readonly letters: DeadLetters
  readonly onNotice: (message: string) => void
}

export const CONSUMER_KEYS = 'durable/'

/** One durable name: which events it still needs, and the subscriptions that share them. */
export class DurableConsumer {
  readonly #name: string
  readonly #world: ConsumerWorld
  readonly #open = new Map<number, Open>()
  readonly #members: Member[] = []
  /** The last event from before this process: one of those may have killed an earlier one. */
  readonly #lastOld: number
  #match: readonly EventPattern[]
  #frontier: number
  /** Open events that no subscription holds. */
  #loose: number
  #turn = 0
  #isDirty = false
  #writing: Promise<void> | undefined

  constructor(name: string, world: ConsumerWorld, record: ConsumerRecord) {
    this.#name = name
    this.#world = world
    this.#match = record.match
    this.#frontier = record.frontier
    this.#lastOld = world.log.lastSequence
    for (const [sequence, deliveries] of record.open) {
      const event = world.log.at(sequence)
      if (event) this.#open.set(sequence, { event, deliveries, holder: undefined })
    }
    this.#loose = this.#open.size
  }

  get members(): readonly Member[] {
    return this.#members
  }

  /** The oldest event that it still needs. */
  get needed(): number {
    let lowest = this.#frontier + 1
    for (const sequence of this.#open.keys()) lowest = Math.min(lowest, sequence)
    return lowest
  }

  get lag(): number {
    let count = 0
    for (const event of this.#world.log.after(this.#frontier)) if (this.#wants(event)) count += 1
    return count + this.#loose
  }

  isWaitingFor(event: LoggedEvent): boolean {
    return event.sequence > this.#frontier && this.#wants(event)
  }

  /** From now on these patterns decide; fulfilled once that is on the disk. */
  async provide(match: readonly EventPattern[]): Promise<void> {
    this.#match = match
    await this.#write()
  }

  /** Fulfilled once the durable name itself is. */
  async join(options: SubscribeOptions, handler: EventHandler): Promise<Member> {
    await this.provide(options.match)
    const lanes = new HandlerLanes(options, handler, () => this.fill())
    const member = { lanes, match: options.match, inFlight: options.inFlight ?? 1000 }
    this.#members.push(member)
    this.fill()
    return member
  }

  /** Where only subscriptions of earlier patterns are left, those of the newest of them decide again. */
  async leave(member: Member): Promise<void> {
    const at = this.#members.indexOf(member)
    if (at >= 0) this.#members.splice(at, 1)
    const last = this.#members.at(-1)
    if (last && !this.#members.some(({ match }) => isSame(match, this.#match))) await this.provide(last.match)
  }

  /** Gives out what there is and what the subscriptions have room for. */
  fill(): void {
    if (this.#members.length === 0) return
    if (this.#loose > 0) {
      const loose = [...this.#open.values()].filter(({ holder }) => !holder)
      for (const open of loose.sort((a, b) => a.event.sequence - b.event.sequence)) {
        if (!this.#wants(open.event)) {
          this.#open.delete(open.event.sequence)
          this.#changed()
        } else if (!this.#give(open)) return
        this.#loose -= 1
      }
    }
    for (const event of this.#world.log.after(this.#frontier)) {
      if (this.#wants(event)) {
        const open: Open = { event, deliveries: 0, holder: undefined }
        this.#open.set(event.sequence, open)
        if (!this.#give(open)) {
          this.#open.delete(event.sequence)
          return
        }
      }
      this.#frontier = event.sequence
      this.#changed()
    }
  }

  /** Waits until what it knows is on the disk. */
  async settled(): Promise<void> {
    if (this.#isDirty) await this.#writing
  }

  #wants(event: LoggedEvent): boolean {
    return event.only === undefined ? matches(this.#match, event) : event.only === this.#name
  }

  /** False where whoever should have it has no room: then nothing after it is given out either. */
  #give(open: Open): boolean {
    const key = laneOf(open.event)
    const takers = this.#members.filter(({ match }) => isSame(match, this.#match))
    const member = takers.find(({ lanes }) => lanes.hasLane(key)) ?? this.#next(takers)
    if (!member || member.lanes.held >= member.inFlight) return false
    open.holder = member
    member.lanes.offer(this.#offer(open, decodeEvent(open.event.text)))
    return true
  }

  #next(takers: readonly Member[]): Member | undefined {
    this.#turn += 1
    const inTurn = takers.map((_, at) => takers[(this.#turn + at) % takers.length])
    return inTurn.find((member) => member && member.lanes.held < member.inFlight)
  }

  #offer(open: Open, event: Offer['event']): Offer {
    const { requestId } = open.event
    const acknowledge = async () => {
      this.#open.delete(open.event.sequence)
      this.#changed()
    }
    return {
      event,
      requestId,
      deliveries: open.deliveries,
      elsewhere: 0,
      run: async (deliveries, _isAlone, call) => {
        open.deliveries = deliveries
        this.#changed()
        if (open.event.sequence <= this.#lastOld) await this.settled()
        await call()
        return true
      },
      acknowledge,
      bury: async (reason, deliveries) => {
        const time = new Date().toISOString()
        await this.#world.letters.add(this.#name, { event, requestId, reason, deliveries, time })
        await acknowledge()
      },
      release: (deliveries) => {
        open.deliveries = deliveries
        open.holder = undefined
        this.#loose += 1
        queueMicrotask(() => this.fill())
      },
    }
  }

  /**
   * Written behind: what is lost by a kill is handled again, and counted before that from then on. While one write goes to the disk
   * the next one gathers.
   */
  #changed(): void {
    if (this.#isDirty || !this.#world.store) return
    this.#isDirty = true
    const before = this.#writing ?? Promise.resolve()
    this.#writing = before.then(async () => {
      this.#isDirty = false
      try {
        await this.#write()
      } catch (error) {
        this.#world.onNotice(`what ${this.#name} has handled is not on the disk: ${messageOf(error)}`)
      }
    })
  }

  async #write(): Promise<void> {
    const record = {
      match: this.#match.map(({ Type, Action, Key }) => ({ Type, Action, Key })),
      frontier: this.#frontier,
      open: [...this.#open.values()].map(({ event, deliveries }) => [event.sequence, deliveries] as const),
    } satisfies ConsumerRecord
    await this.#world.store?.set(CONSUMER_KEYS + this.#name, record)
  }
}

function isSame(one: readonly EventPattern[], other: readonly EventPattern[]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
