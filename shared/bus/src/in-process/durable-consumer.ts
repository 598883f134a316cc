import type { DeadLetter, SubscribeOptions } from '../bus.ts'
import { messageOf } from '../bus-error.ts'
import { decodeEvent } from '../bus-event.ts'
import type { BusStore } from '../bus-store.ts'
import { Dispatcher, laneOf, type Offer } from '../delivery/dispatcher.ts'
import { type EventPattern, matches } from '../event-pattern.ts'
import type { EventLog, LoggedEvent } from './event-log.ts'

/** An event that was given out and is not acknowledged. */
interface Open {
  readonly event: LoggedEvent
  deliveries: number
  holder: Member | undefined
}

export interface Member {
  readonly dispatcher: Dispatcher
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
  readonly bury: (durable: string, letter: DeadLetter) => Promise<void>
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

  /** Fulfilled once the durable name itself is. */
  async join(options: SubscribeOptions, handler: ConstructorParameters<typeof Dispatcher>[1]): Promise<Member> {
    this.#match = options.match
    await this.#write()
    const dispatcher = new Dispatcher(options, handler, () => this.fill())
    const member = { dispatcher, match: options.match, inFlight: options.inFlight ?? 1000 }
    this.#members.push(member)
    this.fill()
    return member
  }

  leave(member: Member): void {
    const at = this.#members.indexOf(member)
    if (at >= 0) this.#members.splice(at, 1)
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
        } else {
          const outcome = this.#give(open)
          if (outcome === 'full') return
          if (outcome === 'nobody') continue
        }
        this.#loose -= 1
      }
    }
    for (const event of this.#world.log.after(this.#frontier)) {
      if (this.#wants(event)) {
        const open: Open = { event, deliveries: 0, holder: undefined }
        this.#open.set(event.sequence, open)
        const outcome = this.#give(open)
        if (outcome === 'full') {
          this.#open.delete(event.sequence)
          return
        }
        if (outcome === 'nobody') this.#loose += 1
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

  /** `full` where whoever should have it has no room: then nothing after it is given out either; `nobody` where none takes it. */
  #give(open: Open): 'given' | 'full' | 'nobody' {
    const key = laneOf(open.event)
    const takers = this.#members.filter(({ match }) => open.event.only !== undefined || matches(match, open.event))
    if (takers.length === 0) return 'nobody'
    const member = takers.find(({ dispatcher }) => dispatcher.hasLane(key)) ?? this.#next(takers)
    if (!member || member.dispatcher.held >= member.inFlight) return 'full'
    open.holder = member
    member.dispatcher.offer(this.#offer(open, decodeEvent(open.event.text)))
    return 'given'
  }

  #next(takers: readonly Member[]): Member | undefined {
    for (let count = 0; count < takers.length; count += 1) {
      this.#turn += 1
      const member = takers[this.#turn % takers.length]
      if (member && member.dispatcher.held < member.inFlight) return member
    }
    return undefined
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
      begun: (deliveries) => {
        open.deliveries = deliveries
        this.#changed()
        return open.event.sequence <= this.#lastOld ? this.settled() : undefined
      },
      survived: () => undefined,
      acknowledge,
      bury: async (reason, deliveries) => {
        const time = new Date().toISOString()
        await this.#world.bury(this.#name, { event, requestId, reason, deliveries, time })
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
