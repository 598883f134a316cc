import { randomBytes } from 'node:crypto'
import { type JetStreamClient, type JetStreamManager, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type {
  Announcement,
  Bus,
  DeadLetter,
  EventHandler,
  Presence,
  PresenceChange,
  PublishOptions,
  RequestHandler,
  RequestOptions,
  Served,
  ServeOptions,
  StopOptions,
  Stoppable,
  SubscribeOptions,
  Subscription,
  Watch,
  WatchOptions,
} from '../bus.ts'
import { BusError, messageOf } from '../bus-error.ts'
import { type BusEvent, decodeEvent } from '../bus-event.ts'
import type { BusFigures, BusState } from '../bus-figures.ts'
import type { BusStore } from '../bus-store.ts'
import { LiveWatch } from '../delivery/live-watch.ts'
import { checkDurable } from '../durable-name.ts'
import { checkPatterns, coverOf } from '../event-pattern.ts'
import { StopList } from '../stop-list.ts'
import { patternOf } from '../subject.ts'
import { Acknowledged } from './acknowledged.ts'
import { answered } from './answered.ts'
import { ConnectionState } from './connection-state.ts'
import { NatsDeadLetters } from './nats-dead-letters.ts'
import { AGAIN, ONLY } from './nats-names.ts'
import { NatsPresence } from './nats-presence.ts'
import { NatsRequests } from './nats-requests.ts'
import { NatsSubscriptions } from './nats-subscriptions.ts'
import { Outbox, type OutboxLimits, type Outgoing } from './outbox.ts'
import { ServiceDirectory } from './service-directory.ts'
import { isPermanent, outgoingOf, StreamWriter } from './stream-writer.ts'
import { DEDUPE_MS, ensureStreams, type StreamLimits } from './streams.ts'

export interface NatsBusOptions extends StreamLimits {
  readonly connection: NatsConnection
  /** For events that cannot be sent; without one they wait in memory. The bus closes it. */
  readonly store?: BusStore
  readonly outbox?: OutboxLimits
  /** Of the service that the services protocol shows. */
  readonly name: string
  readonly version: string
  readonly heartbeatMs?: number
  readonly onNotice?: (message: string) => void
}

const ANSWER_TIMEOUT_MS = 5000
const PUBLISH_TIMEOUT_MS = 30_000
const CLOSE_TIMEOUT_MS = 60_000
const HEARTBEAT_MS = 5000
/** What was sent so long ago, as a part of the window in which the stream knows repeats, is sent again after a reconnect. */
const REPEATED_FOR = 0.75

/** The driver for many processes: NATS with JetStream. */
export class NatsBus implements Bus {
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #store: BusStore | undefined
  readonly #connectionState: ConnectionState
  readonly #writer: StreamWriter
  readonly #outbox: Outbox
  readonly #letters: NatsDeadLetters
  readonly #directory: ServiceDirectory
  readonly #requests: NatsRequests
  readonly #presence: NatsPresence
  readonly #subscriptions: NatsSubscriptions
  readonly #watches = new Set<LiveWatch>()
  readonly #stops = new StopList()
  readonly #notice: (message: string) => void
  #published = 0
  #closing: Promise<void> | undefined

  private constructor(options: NatsBusOptions, manager: JetStreamManager) {
    const { connection, store, name, version, heartbeatMs = HEARTBEAT_MS, onNotice = () => undefined } = options
    this.#connection = connection
    this.#manager = manager
    this.#store = store
    this.#notice = onNotice
    this.#client = jetstream(connection, { timeout: ANSWER_TIMEOUT_MS })
    this.#connectionState = new ConnectionState(connection, onNotice)
    this.#writer = new StreamWriter(this.#client)
    const send = (outgoing: Outgoing) => this.#writer.send(outgoing)
    const acknowledged = new Acknowledged({ ageMaxMs: (options.dedupeMs ?? DEDUPE_MS) * REPEATED_FOR })
    this.#outbox = new Outbox({ send, isPermanent, store, acknowledged, onNotice }, options.outbox ?? {})
    this.#letters = new NatsDeadLetters(manager)
    const id = randomBytes(11).toString('hex')
    const identity = { name, id, version, description: 'Powerbus' }
    this.#directory = new ServiceDirectory(connection, identity, onNotice)
    const connected = (signal: AbortSignal) => this.#connectionState.connected(signal)
    this.#subscriptions = new NatsSubscriptions({
      connection,
      manager,
      bury: (durable, letter, message) => this.#writer.bury(durable, letter, message),
      onNotice,
      connected,
      unlessCut: (work) => this.#connectionState.unlessCut(work),
    })
    this.#requests = new NatsRequests({ connection, directory: this.#directory, connected, onNotice })
    this.#presence = new NatsPresence(connection, heartbeatMs, onNotice)
    this.#connectionState.onChange((isConnected) => {
      this.#presence.setConnected(isConnected)
      this.#outbox.setOpen(isConnected)
      if (isConnected) void this.#streamsAgain(options)
    })
  }

  /** Takes over an open connection. Rejects with UNAVAILABLE where the server has no JetStream for us. */
  static async open(options: NatsBusOptions): Promise<NatsBus> {
    const manager = await unavailable(jetstream(options.connection, { timeout: ANSWER_TIMEOUT_MS }).jetstreamManager())
    await unavailable(ensureStreams(manager, options))
    const bus = new NatsBus(options, manager)
    await unavailable(bus.#outbox.recover())
    bus.#outbox.setOpen(bus.state === 'connected')
    return bus
  }

  get state(): BusState {
    return this.#closing === undefined ? this.#connectionState.state : 'closed'
  }

  async publish(event: BusEvent, { requestId, timeoutMs = PUBLISH_TIMEOUT_MS }: PublishOptions = {}): Promise<void> {
    this.#check()
    await this.#outbox.publish(outgoingOf(event, requestId), timeoutMs)
    this.#published += 1
  }

  async subscribe(options: SubscribeOptions, handler: EventHandler): Promise<Subscription> {
    this.#check()
    checkDurable(options.durable)
    checkPatterns(options.match)
    const stop = this.#stops.add(await unavailable(this.#subscriptions.open(options, handler)))
    return { durable: options.durable, stop }
  }

  async forget(durable: string): Promise<void> {
    this.#check()
    checkDurable(durable)
    await unavailable(Promise.all([this.#subscriptions.forget(durable), this.#letters.forget(durable)]))
  }

  async deadLetters(durable: string): Promise<readonly DeadLetter[]> {
    this.#check()
    checkDurable(durable)
    return await unavailable(this.#letters.list(durable))
  }

  async retryDeadLetter(durable: string, id: string): Promise<boolean> {
    this.#check()
    const again = async ({ event, requestId, time }: DeadLetter) => {
      const outgoing = { ...outgoingOf(event, requestId), id: `${durable}:${event.id}:${time}`, only: durable }
      await this.#outbox.publish(outgoing, PUBLISH_TIMEOUT_MS)
    }
    return await unavailable(this.#letters.take(durable, id, again))
  }

  async dropDeadLetter(durable: string, id: string): Promise<boolean> {
    this.#check()
    return await unavailable(this.#letters.take(durable, id))
  }

  async watch(options: WatchOptions, handler: (event: BusEvent) => void | Promise<void>): Promise<Watch> {
    this.#check()
    const { Type, Action, Key } = coverOf(options.match)
    const subscription = this.#connection.subscribe(patternOf('event', Type, Action, Key), {
      callback: (error, message) => {
        if (error) this.#notice(`a watch cannot be served: ${error.message}`)
        else if (!message.headers?.has(ONLY) && !message.headers?.has(AGAIN)) this.#show(watch, message.string())
      },
    })
    const ended = async () => {
      subscription.unsubscribe()
      this.#watches.delete(watch)
    }
    const onFailure = (error: unknown) => this.#notice(`a watch failed: ${messageOf(error)}`)
    const watch = new LiveWatch(options, handler, { ended, onFailure })
    this.#watches.add(watch)
    // Once it is fulfilled, the server knows of it.
    if (this.state === 'connected') await this.#flushed()
    return watch
  }

  async request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown> {
    this.#check()
    return await this.#requests.request(subject, body, options)
  }

  async serve(subject: readonly string[], handler: RequestHandler, options: ServeOptions = {}): Promise<Served> {
    this.#check()
    const stop = this.#stops.add(this.#requests.serve(subject, handler, options))
    if (this.state === 'connected') await this.#flushed()
    return { stop }
  }

  async announce(presence: Presence): Promise<Announcement> {
    this.#check()
    const { presence: copy, stop } = this.#presence.announce(presence)
    return { presence: copy, stop }
  }

  async present(kind?: string): Promise<readonly Presence[]> {
    this.#check()
    return await this.#presence.list(kind)
  }

  async watchPresence(listener: (change: PresenceChange) => void): Promise<Stoppable> {
    this.#check()
    const end = await this.#presence.listen(listener)
    return { stop: async () => end() }
  }

  async figures(): Promise<BusFigures> {
    return {
      driver: 'nats',
      state: this.state,
      durable: true,
      published: this.#published,
      reconnects: this.#connectionState.reconnects,
      outbox: this.#outbox.figures,
      ...(await this.#subscriptions.figures()),
      watches: [...this.#watches].map(({ buffered, dropped }) => ({ buffered, dropped })),
      served: [...this.#directory.endpoints].map(({ subject, queue }) => ({ subject, ...queue.figures })),
    }
  }

  close(options: StopOptions = {}): Promise<void> {
    this.#closing ??= this.#close({ timeoutMs: options.timeoutMs ?? CLOSE_TIMEOUT_MS })
    return this.#closing
  }

  async #close(options: StopOptions & { readonly timeoutMs: number }): Promise<void> {
    this.#presence.close()
    await this.#stops.all(options)
    await Promise.all([...this.#watches].map((watch) => watch.stop()))
    await this.#outbox.close(this.#connectionState.state === 'connected' ? options.timeoutMs : 0)
    // Answers and acknowledgements go out before the connection does; there is nobody to take them where it is cut.
    if (this.#connectionState.state === 'connected') await this.#flushed()
    await this.#connection.close()
    await this.#store?.close()
  }

  /** All that was sent before has reached the server; or, where it does not say so, it is not waited for any longer. */
  async #flushed(): Promise<void> {
    // A flush fails with its connection alone; the next one is told of all subscriptions anew.
    await answered(this.#connection.flush(), ANSWER_TIMEOUT_MS)
  }

  #show(watch: LiveWatch, text: string): void {
    try {
      const event = decodeEvent(text)
      if (watch.wants(event)) watch.push(event)
    } catch (error) {
      this.#notice(`something that is no event was among the events: ${messageOf(error)}`)
    }
  }

  /** A server that lost its disk has no streams any more. */
  async #streamsAgain(limits: StreamLimits): Promise<void> {
    try {
      await ensureStreams(this.#manager, limits)
    } catch (error) {
      this.#notice(`the streams could not be looked at: ${messageOf(error)}`)
    }
  }

  #check(): void {
    if (this.#closing !== undefined) throw new BusError('CLOSED', 'the bus is closed')
  }
}

async function unavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof BusError) throw error
    throw new BusError('UNAVAILABLE', `the bus cannot do that now: ${messageOf(error)}`, { cause: error })
  }
}
