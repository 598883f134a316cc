import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { pause, systemClock } from '@powerbus/turns'
import type { EventHandler, StopOptions, SubscribeOptions } from '../bus.ts'
import { messageOf } from '../bus-error.ts'
import { type BusEvent, decodeEventOn } from '../bus-event.ts'
import type { SubscriptionFigures } from '../bus-figures.ts'
import { HandlerLanes } from '../delivery/handler-lanes.ts'
import { coverOf, matches } from '../event-pattern.ts'
import type { ConnectionState } from './connection-state.ts'
import type { Durable } from './durable-note.ts'
import { DurableStanding } from './durable-standing.ts'
import type { Durables } from './durables.ts'
import { ForeignMessages } from './foreign-messages.ts'
import { ACKNOWLEDGE, HeldEvent, type HeldWorld, TERMINATE } from './held-event.ts'
import type { NatsDeadLetters } from './nats-dead-letters.ts'
import { EVENTS_STREAM, ONLY } from './nats-names.ts'
import { PullSource } from './pull-source.ts'
import { StreamLosses } from './stream-losses.ts'

export interface MemberWorld {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly durables: Durables
  readonly letters: NatsDeadLetters
  readonly connectionState: ConnectionState
  /** Of the subjects of JetStream's API. */
  readonly apiPrefix: string
  readonly newInbox: () => string
  readonly onNotice: (message: string) => void
  /** The stream has let go of so many events that the name was not given. */
  readonly onLost: (durable: string, count: number) => void
}

const FAILURE_PAUSE_MS = 250
/** Asked of a replaced consumer at a time. */
const REPLACED_BATCH = 16
/** Room that is worth a request of its own. */
const ROOM_MIN = 64

/**
 * One subscription of a durable name. It asks the consumer of its patterns for as many events as there is room for, and those
 * consumers that it has replaced for what they gave out and nobody has ended. Every `aliveMs` it looks whether that is
 * still right.
 */
export class DurableMember {
  readonly #options: SubscribeOptions
  readonly #world: MemberWorld
  readonly #standing: DurableStanding
  readonly #inFlight: number
  readonly #lanes: HandlerLanes
  readonly #losses: StreamLosses
  readonly #foreign: ForeignMessages
  readonly #heldWorld: HeldWorld
  readonly #held = new Map<string, HeldEvent>()
  /** By the name of their consumer. */
  readonly #sources = new Map<string, PullSource>()
  readonly #stopping = new AbortController()
  #working: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Ends the wait for the next look. */
  #onFailure: (error: unknown) => void = () => undefined
  #lag = 0

  private constructor(options: SubscribeOptions, handler: EventHandler, world: MemberWorld) {
    const { durable, match, inFlight = 1000 } = options
    const { Type, Action, Key } = coverOf(match)
    this.#options = options
    this.#world = world
    this.#standing = new DurableStanding(options, { ...world, signal: this.#stopping.signal })
    this.#inFlight = inFlight
    this.#foreign = new ForeignMessages(world.onNotice)
    this.#lanes = new HandlerLanes(options, handler, () => this.#ask())
    this.#losses = new StreamLosses(Type === '*' && Action === '*' && Key === '*')
    this.#heldWorld = {
      durable,
      connection: world.connection,
      letters: world.letters,
      onEnd: (held) => {
        if (this.#held.get(held.event.id) === held) this.#held.delete(held.event.id)
      },
    }
  }

  /** Rejects with UNAVAILABLE where the consumer is missing and this user may not make it. */
  static async open(options: SubscribeOptions, handler: EventHandler, world: MemberWorld): Promise<DurableMember> {
    const member = new DurableMember(options, handler, world)
    await member.#look()
    member.#working = setInterval(() => member.#saysWorking(), member.#standing.aliveMs / 3).unref()
    member.#running = member.#run()
    return member
  }

  /** Asks the server for the lag; the last one known where `unlessLate` gives nothing. */
  async figures(
    stream: StreamState | undefined,
    unlessLate: <T>(work: Promise<T>) => Promise<T | undefined>,
  ): Promise<SubscriptionFigures> {
    const { durable } = this.#options
    const own = stream && (await unlessLate(this.#world.durables.find(durable, this.#standing.name)))
    if (own && stream) {
      this.#lag = own.info.num_pending
      this.#countLosses(own, stream)
    }
    return { durable, lag: this.#lag, ...this.#lanes.figures }
  }

  async stop(options: StopOptions): Promise<void> {
    this.#stopping.abort()
    const stopped = this.#lanes.stop(options)
    // What still comes is given back.
    await Promise.all([...this.#sources.values()].map((source) => source.drain()))
    // Until it is asked, nats-server 2.9.10 takes a subscriber that is gone for one that waits for events.
    this.#world.durables.find(this.#options.durable, this.#standing.name).catch(() => undefined)
    await stopped
    clearInterval(this.#working)
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { connectionState, onNotice } = this.#world
    let said = ''
    while (!signal.aborted) {
      try {
        await connectionState.unlessCut(async (cut) => {
          await this.#untilNextLook(cut)
          await this.#look()
        })
        said = ''
      } catch (error) {
        if (signal.aborted) return
        const text = `${this.#options.durable} cannot read from the bus: ${messageOf(error)}`
        if (text !== said) onNotice(text)
        said = text
        for (const name of [...this.#sources.keys()]) this.#drop(name)
        await pause(FAILURE_PAUSE_MS, signal)
        await connectionState.connected(signal).catch(() => undefined)
      }
    }
  }

  /** Rejects when a source fails; at once where there is none. */
  async #untilNextLook(cut: AbortSignal): Promise<void> {
    if (this.#sources.size === 0 && !this.#standing.standsBy) return
    const failing = new AbortController()
    this.#onFailure = (error) => failing.abort(error)
    const ends = AbortSignal.any([failing.signal, cut, this.#stopping.signal])
    await systemClock.sleep(this.#standing.aliveMs, ends)
  }

  /** Reads from the consumers that are there for it now. */
  async #look(): Promise<void> {
    const { own, open, stream } = await this.#standing.look()
    if (own && stream) this.#countLosses(own, stream)
    const wanted = new Set(own ? [own.name, ...open] : open)
    for (const name of [...this.#sources.keys()]) if (!wanted.has(name)) this.#drop(name)
    for (const name of wanted) if (!this.#sources.has(name)) this.#sources.set(name, this.#sourceOf(name))
    this.#ask()
  }

  #countLosses(own: Durable, stream: StreamState): void {
    const lost = this.#losses.next(own.info, stream)
    if (lost > 0) this.#world.onLost(this.#options.durable, lost)
  }

  #sourceOf(name: string): PullSource {
    const { connection, apiPrefix, newInbox } = this.#world
    const subject = `${apiPrefix}.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.${name}`
    return new PullSource(
      connection,
      { subject, inbox: newInbox() },
      {
        onMessage: (message) => this.#take(message),
        onOver: () => this.#ask(),
        onFailure: (error) => {
          this.#drop(name)
          this.#onFailure(error)
        },
      },
    )
  }

  #drop(name: string): void {
    const source = this.#sources.get(name)
    this.#sources.delete(name)
    source?.drain().catch(() => undefined)
  }

  #ask(): void {
    if (this.#stopping.signal.aborted) return
    let asked = 0
    for (const source of this.#sources.values()) asked += source.asked
    let room = this.#inFlight - this.#lanes.held - asked
    for (const [name, source] of this.#sources) {
      if (room <= 0) return
      const isOwn = name === this.#standing.name
      if (source.asked > 0 && !(isOwn && room >= ROOM_MIN)) continue
      const batch = isOwn ? room : Math.min(room, REPLACED_BATCH)
      source.ask(batch)
      room -= batch
    }
  }

  #take(message: Msg): void {
    let event: BusEvent
    try {
      event = decodeEventOn(message.subject, message.string())
    } catch (error) {
      this.#foreign.ignore(this.#options.durable, message, `is no event: ${messageOf(error)}`)
      message.respond(TERMINATE)
      return
    }
    const { durable, match } = this.#options
    const held = new HeldEvent(event, message, this.#heldWorld)
    this.#standing.saw(held.sequence)
    const only = message.headers?.get(ONLY) ?? ''
    // The server's filter is one subject, and lets more through than the patterns.
    if (only === '' ? matches(match, event) : only === durable) {
      this.#held.set(event.id, held)
      this.#lanes.offer(held)
    } else message.respond(ACKNOWLEDGE)
  }

  #saysWorking(): void {
    for (const held of this.#held.values()) held.saysWorking()
  }
}
