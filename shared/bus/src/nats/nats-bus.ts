import { randomBytes } from 'node:crypto'
import { type JetStreamManager, jetstream } from '@nats-io/jetstream'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
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
import { checkPatterns, coverOf, type EventPattern } from '../event-pattern.ts'
import { callerLimit } from '../requests/caller-limit.ts'
import { StopList } from '../stop-list.ts'
import { patternOf } from '../subject.ts'
import { answered } from './answered.ts'
import { ConnectionState } from './connection-state.ts'
import { Durables } from './durables.ts'
import { isForbidden } from './forbidden.ts'
import { NatsDeadLetters } from './nats-dead-letters.ts'
import { AGAIN, ONLY } from './nats-names.ts'
import { NatsPresence } from './nats-presence.ts'
import { NatsRequests } from './nats-requests.ts'
import { NatsSubscriptions } from './nats-subscriptions.ts'
import { ANSWER_TIMEOUT_MS, type OpenConnection, openConnection } from './open-connection.ts'
import { type QueueLimits, SendQueue } from './send-queue.ts'
import { SentLately } from './sent-lately.ts'
import { ServiceDirectory } from './service-directory.ts'
import { outgoingOf, StreamWriter } from './stream-writer.ts'
import { DEDUPE_MS, ensureStreams, type StreamLimits } from './streams.ts'

export interface NatsBusOptions extends StreamLimits {
  readonly connection: ConnectionOptions
  /** How long to try for the first connection. */
  readonly connectTimeoutMs: number
  /** For events that cannot be sent; without one they wait in memory. The bus closes it. */
  readonly store?: BusStore
  readonly queue?: QueueLimits
  /** Of the service that the services protocol shows. */
  readonly name: string
  readonly version: string
  readonly heartbeatMs?: number
  readonly onNotice?: (message: string) => void
}

/** What there is once the bus is connected. */
interface Parts {
  readonly connection: NatsConnection
  readonly connectionState: ConnectionState
  readonly durables: Durables
  readonly letters: NatsDeadLetters
  readonly directory: ServiceDirectory
  readonly requests: NatsRequests
  readonly presence: NatsPresence
  readonly subscriptions: NatsSubscriptions
}

const PUBLISH_TIMEOUT_MS = 30_000
const CLOSE_TIMEOUT_MS = 60_000
const HEARTBEAT_MS = 5000
const ALIVE_MS = 30_000
/** What was sent so long ago, as a part of the window in which the stream knows repeats, is sent again after a reconnect. */
const REPEATED_FOR = 0.75

/** The driver for many processes: NATS with JetStream. */
export class NatsBus implements Bus {
  readonly #store: BusStore | undefined
  readonly #queue: SendQueue
  readonly #connecting: Promise<Parts>
  readonly #watches = new Set<LiveWatch>()
  readonly #stops = new StopList()
  readonly #notice: (message: string) => void
  readonly #gaveUp = new AbortController()
  #parts: Parts | undefined
  #published = 0
  #closing: Promise<void> | undefined

  private constructor(options: NatsBusOptions, queue: SendQueue) {
    this.#store = options.store
    this.#notice = options.onNotice ?? (() => undefined)
    this.#queue = queue
    this.#connecting = this.#connect(options)
    // Whoever calls is told of a failure.
    this.#connecting.catch(() => undefined)
  }

  /** Begins to connect. Rejects as its store does. */
  static async open(options: NatsBusOptions): Promise<NatsBus> {
    const { store, dedupeMs = DEDUPE_MS, onNotice = () => undefined } = options
    const sentLately = new SentLately({ ageMaxMs: dedupeMs * REPEATED_FOR })
    const queue = new SendQueue({ store, sentLately, onNotice }, options.queue ?? {})
    await unavailable(queue.recover())
    return new NatsBus(options, queue)
  }

  async #connect(options: NatsBusOptions): Promise<Parts> {
    const { connection, connectTimeoutMs: timeoutMs } = options
    const { signal } = this.#gaveUp
    const request = { options: connection, limits: options, timeoutMs, signal, onNotice: this.#notice }
    const parts = this.#partsOf(await openConnection(request), options)
    this.#parts = parts
    return parts
  }

  #partsOf({ connection, manager }: OpenConnection, options: NatsBusOptions): Parts {
    const { name, version, heartbeatMs = HEARTBEAT_MS } = options
    const onNotice = this.#notice
    const client = jetstream(connection, { timeout: ANSWER_TIMEOUT_MS })
    const writer = new StreamWriter(connection, client, (number, failure) => this.#queue.answered(number, failure))
    const forbidden = (subject: string, message: string) => this.#queue.forbidden(subject, message)
    const connectionState = new ConnectionState(connection, onNotice, forbidden)
    const connected = (signal: AbortSignal) => connectionState.connected(signal)
    const identity = { name, id: randomBytes(11).toString('hex'), version, description: 'Powerbus' }
    const directory = new ServiceDirectory(connection, identity, onNotice)
    const presence = new NatsPresence(connection, heartbeatMs, onNotice)
    const durables = new Durables(manager)
    const subscriptions = new NatsSubscriptions({
      connection,
      manager,
      durables,
      bury: (durable, letter, message) => writer.bury(durable, letter, message),
      onNotice,
      connected,
      unlessCut: (work) => connectionState.unlessCut(work),
    })
    const send = writer.send.bind(writer)
    connectionState.onChange((isConnected) => {
      presence.setConnected(isConnected)
      this.#queue.setOpen(isConnected ? send : undefined)
      if (isConnected) void this.#streamsAgain(manager, options)
    })
    this.#queue.setOpen(send)
    const letters = new NatsDeadLetters(manager)
    const requests = new NatsRequests({ connection, directory, connected, onNotice })
    return { connection, connectionState, durables, letters, directory, requests, presence, subscriptions }
  }

  get state(): BusState {
    if (this.#closing !== undefined) return 'closed'
    return this.#parts?.connectionState.state ?? 'reconnecting'
  }

  async connected(): Promise<void> {
    await this.#there()
  }

  async publish(event: BusEvent, { requestId, timeoutMs = PUBLISH_TIMEOUT_MS }: PublishOptions = {}): Promise<void> {
    this.#check()
    await this.#queue.publish(outgoingOf(event, requestId), timeoutMs)
    this.#published += 1
  }

  async subscribe(options: SubscribeOptions, handler: EventHandler): Promise<Subscription> {
    this.#check()
    checkDurable(options.durable)
    checkPatterns(options.match)
    const { subscriptions } = await this.#there()
    const stop = this.#stops.add(await unavailable(subscriptions.open(options, handler)))
    return { durable: options.durable, stop }
  }

  async provideDurable(durable: string, match: readonly EventPattern[]): Promise<boolean> {
    this.#check()
    checkDurable(durable)
    checkPatterns(match)
    const { durables } = await this.#there()
    const request = { durable, match, aliveMs: ALIVE_MS, takesBack: true }
    const { other } = await unavailable(durables.provide(request))
    return other === undefined
  }

  async forget(durable: string): Promise<void> {
    this.#check()
    checkDurable(durable)
    const { durables, letters } = await this.#there()
    await unavailable(Promise.all([durables.forget(durable), letters.forget(durable)]))
  }

  async deadLetters(durable: string): Promise<readonly DeadLetter[]> {
    this.#check()
    checkDurable(durable)
    const { letters } = await this.#there()
    return await unavailable(letters.list(durable))
  }

  async retryDeadLetter(durable: string, id: string): Promise<boolean> {
    this.#check()
    const { letters } = await this.#there()
    const again = async ({ event, requestId, time }: DeadLetter) => {
      const outgoing = { ...outgoingOf(event, requestId), id: `${durable}:${event.id}:${time}`, only: durable }
      await this.#queue.publish(outgoing, PUBLISH_TIMEOUT_MS)
    }
    return await unavailable(letters.take(durable, id, again))
  }

  async dropDeadLetter(durable: string, id: string): Promise<boolean> {
    this.#check()
    const { letters } = await this.#there()
    return await unavailable(letters.take(durable, id))
  }

  async watch(options: WatchOptions, handler: (event: BusEvent) => void | Promise<void>): Promise<Watch> {
    this.#check()
    const { Type, Action, Key } = coverOf(options.match)
    const { connection } = await this.#there()
    const subscription = connection.subscribe(patternOf('event', Type, Action, Key), {
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
    if (this.state === 'connected') await flushed(connection)
    return watch
  }

  async request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown> {
    this.#check()
    if (this.#parts) return await this.#parts.requests.request(subject, body, options)
    const beganMs = performance.now()
    const { requests } = await callerLimit(patternOf(...subject), options, () => this.#there())
    const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - beganMs))
    return await requests.request(subject, body, { ...options, timeoutMs })
  }

  async serve(subject: readonly string[], handler: RequestHandler, options: ServeOptions = {}): Promise<Served> {
    this.#check()
    const { connection, requests } = await this.#there()
    const stop = this.#stops.add(requests.serve(subject, handler, options))
    if (this.state === 'connected') await flushed(connection)
    return { stop }
  }

  async announce(presence: Presence): Promise<Announcement> {
    this.#check()
    const { presence: copy, stop } = (await this.#there()).presence.announce(presence)
    return { presence: copy, stop }
  }

  async present(kind?: string): Promise<readonly Presence[]> {
    this.#check()
    return await (await this.#there()).presence.list(kind)
  }

  async watchPresence(listener: (change: PresenceChange) => void): Promise<Stoppable> {
    this.#check()
    const end = await (await this.#there()).presence.listen(listener)
    return { stop: async () => end() }
  }

  async figures(): Promise<BusFigures> {
    return {
      driver: 'nats',
      state: this.state,
      durable: true,
      published: this.#published,
      reconnects: this.#parts?.connectionState.reconnects ?? 0,
      outbox: this.#queue.figures,
      ...((await this.#parts?.subscriptions.figures()) ?? { expired: 0, subscriptions: [] }),
      watches: [...this.#watches].map(({ buffered, dropped }) => ({ buffered, dropped })),
      served: [...(this.#parts?.directory.endpoints ?? [])].map(({ subject, queue }) => ({
        subject,
        ...queue.figures,
      })),
    }
  }

  close(options: StopOptions = {}): Promise<void> {
    this.#closing ??= this.#close({ timeoutMs: options.timeoutMs ?? CLOSE_TIMEOUT_MS })
    return this.#closing
  }

  async #close(options: StopOptions & { readonly timeoutMs: number }): Promise<void> {
    this.#gaveUp.abort()
    const parts = await this.#connecting.catch(() => undefined)
    parts?.presence.close()
    await this.#stops.all(options)
    await Promise.all([...this.#watches].map((watch) => watch.stop()))
    const isConnected = parts?.connectionState.state === 'connected'
    await this.#queue.close(isConnected ? options.timeoutMs : 0)
    // Answers and acknowledgements go out before the connection does; there is nobody to take them where it is cut.
    if (isConnected) await flushed(parts.connection)
    await parts?.connection.close()
    await this.#store?.close()
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
  async #streamsAgain(manager: JetStreamManager, limits: StreamLimits): Promise<void> {
    try {
      await ensureStreams(manager, limits)
    } catch (error) {
      this.#notice(`the streams could not be looked at: ${messageOf(error)}`)
    }
  }

  async #there(): Promise<Parts> {
    return this.#parts ?? (await this.#connecting)
  }

  #check(): void {
    if (this.#closing !== undefined) throw new BusError('CLOSED', 'the bus is closed')
  }
}

/** All that was sent before has reached the server; or, where it does not say so, it is not waited for any longer. */
async function flushed(connection: NatsConnection): Promise<void> {
  // A flush fails with its connection alone; the next one is told of all subscriptions anew.
  await answered(connection.flush(), ANSWER_TIMEOUT_MS)
}

async function unavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof BusError) throw error
    if (isForbidden(error))
      throw new BusError('UNAUTHORISED', `this user of the bus may not do that: ${messageOf(error)}`, { cause: error })
    throw new BusError('UNAVAILABLE', `the bus cannot do that now: ${messageOf(error)}`, { cause: error })
  }
}
