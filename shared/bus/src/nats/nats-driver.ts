import { randomBytes } from 'node:crypto'
import type { JetStreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { endsWithin, within } from '@powerbus/turns'
import type { EventHandler, Presence, RequestOptions, StopOptions, SubscribeOptions } from '../bus.ts'
import type { BusDriver, LetterBox, Publication } from '../bus-driver.ts'
import { BusError, messageOf } from '../bus-error.ts'
import { type BusEvent, decodeEventOn, encodeBody } from '../bus-event.ts'
import type { BusState } from '../bus-figures.ts'
import type { BusStore } from '../bus-store.ts'
import type { EventPattern } from '../event-pattern.ts'
import type { PresenceBoard } from '../presence-board.ts'
import { callerLimit } from '../requests/caller-limit.ts'
import type { RequestQueue } from '../requests/request-queue.ts'
import { eventSubjectOf, patternOf, subjectOf } from '../subject.ts'
import { ConnectionState } from './connection-state.ts'
import { Durables } from './durables.ts'
import { ForeignMessages } from './foreign-messages.ts'
import { NatsDeadLetters } from './nats-dead-letters.ts'
import { AGAIN, ONLY } from './nats-names.ts'
import { NatsPresence } from './nats-presence.ts'
import { NatsRequests } from './nats-requests.ts'
import { NatsSubscriptions } from './nats-subscriptions.ts'
import { ANSWER_TIMEOUT_MS, type OpenConnection, openConnection } from './open-connection.ts'
import { SendQueue } from './send-queue.ts'
import { ServiceDirectory } from './service-directory.ts'
import { streamSender } from './stream-sender.ts'
import { ensureStreams } from './streams.ts'
import { Together } from './together.ts'

export interface NatsOptions {
  readonly connection: ConnectionOptions
  /** Servers that may be spoken to without TLS, beside those of the loopback. */
  readonly plaintext: string | undefined
  /** How long to try for the first connection. */
  readonly connectTimeoutMs: number
  /** For events that cannot be sent; without one they wait in memory. The bus closes it. */
  readonly store: BusStore | undefined
  /** Of the service that the services protocol shows. */
  readonly name: string
  readonly version: string
  readonly heartbeatMs: number | undefined
  readonly onNotice: ((message: string) => void) | undefined
}

/** What there is once the bus is connected. */
interface Parts {
  readonly connection: NatsConnection
  readonly connectionState: ConnectionState
  readonly durables: Durables
  readonly letters: NatsDeadLetters
  readonly requests: NatsRequests
  readonly presence: NatsPresence
  readonly subscriptions: NatsSubscriptions
}

const HEARTBEAT_MS = 5000
const ALIVE_MS = 30_000
/** How long a request waits for a server that does not answer, in milliseconds. */
const REACH_MS = 1500

/** The driver for many processes: NATS with JetStream. It takes events before it is connected; all else waits for that. */
export class NatsDriver implements BusDriver {
  readonly #store: BusStore | undefined
  readonly #queue: SendQueue
  readonly #connecting: Promise<Parts>
  readonly #notice: (message: string) => void
  readonly #closing = new AbortController()
  readonly #foreign: ForeignMessages
  readonly #together = new Together()
  /** Of the address: HOST or HOST:PORT. */
  readonly #servers: string
  #parts: Parts | undefined

  private constructor(options: NatsOptions, queue: SendQueue) {
    this.#store = options.store
    this.#notice = options.onNotice ?? (() => undefined)
    this.#foreign = new ForeignMessages(this.#notice)
    this.#queue = queue
    this.#servers = [options.connection.servers ?? []].flat().join(', ')
    this.#connecting = this.#connect(options)
    // Whoever calls is told of a failure.
    this.#connecting.catch(() => undefined)
  }

  /** Begins to connect. Rejects as its store does. */
  static async open(options: NatsOptions): Promise<NatsDriver> {
    const queue = new SendQueue(options.store, options.onNotice ?? (() => undefined))
    await queue.recover()
    return new NatsDriver(options, queue)
  }

  get state(): BusState {
    return this.#parts?.connectionState.state ?? 'reconnecting'
  }

  async connected(): Promise<void> {
    await this.#connecting
  }

  async publish({ event, text, requestId, timeoutMs, again }: Publication): Promise<void> {
    const id = again ? `${again.durable}:${event.id}:${again.time}` : event.id
    const subject = eventSubjectOf(event)
    await this.#queue.publish({ id, subject, text, requestId, only: again?.durable }, timeoutMs)
  }

  async subscribe(options: SubscribeOptions, handler: EventHandler): Promise<(options: StopOptions) => Promise<void>> {
    return await (await this.#connecting).subscriptions.open(options, handler)
  }

  async provideDurable(durable: string, match: readonly EventPattern[]): Promise<boolean> {
    const { durables } = await this.#connecting
    const { other } = await durables.provide({ durable, match, aliveMs: ALIVE_MS, takesBack: true })
    return other === undefined
  }

  async forget(durable: string): Promise<void> {
    const { durables, letters } = await this.#connecting
    await Promise.all([durables.forget(durable), letters.forget(durable)])
  }

  async letters(): Promise<LetterBox> {
    return (await this.#connecting).letters
  }

  async listen({ Type, Action, Key }: EventPattern, onEvent: (event: BusEvent) => void): Promise<() => void> {
    const { connection } = await this.#connecting
    const subscription = connection.subscribe(patternOf('event', Type, Action, Key), {
      callback: (error, message) => {
        if (error) this.#notice(`a watch cannot be served: ${error.message}`)
        else if (!message.headers?.has(ONLY) && !message.headers?.has(AGAIN)) this.#show(message, onEvent)
      },
    })
    await this.#flush()
    return () => subscription.unsubscribe()
  }

  async request(subject: readonly string[], body: unknown, options: RequestOptions): Promise<unknown> {
    const name = subjectOf(...subject)
    const text = encodeBody(body)
    const deadlineMs = performance.now() + options.timeoutMs
    return await callerLimit(name, options, async (signal) => {
      const { connection, connectionState, requests } = this.#parts ?? (await this.#connecting)
      await this.#reach(connectionState, connection, signal)
      return await requests.send(name, text, Math.max(1, Math.ceil(deadlineMs - performance.now())), options)
    })
  }

  async serve(subject: readonly string[], group: string, queue: RequestQueue): Promise<() => Promise<void>> {
    const end = (await this.#connecting).requests.serve(subject, group, queue)
    await this.#flush()
    return end
  }

  async announce(presence: Presence): Promise<() => void> {
    return (await this.#connecting).presence.announce(presence)
  }

  async board(): Promise<PresenceBoard> {
    return await (await this.#connecting).presence.board()
  }

  async figures() {
    return {
      driver: 'nats' as const,
      durable: true,
      reconnects: this.#parts?.connectionState.reconnects ?? 0,
      outbox: this.#queue.figures,
      ...((await this.#parts?.subscriptions.figures()) ?? { expired: 0, subscriptions: [] }),
    }
  }

  async close(timeoutMs: number): Promise<void> {
    this.#closing.abort()
    const parts = this.#parts
    parts?.presence.close()
    await this.#queue.close(this.state === 'connected' ? timeoutMs : 0)
    // Answers and acknowledgements go out before the connection does.
    await this.#flush()
    await parts?.connection.close()
    await this.#store?.close()
  }

  async #connect(options: NatsOptions): Promise<Parts> {
    const { connection, plaintext, connectTimeoutMs: timeoutMs } = options
    const { signal } = this.#closing
    const request = { options: connection, plaintext, timeoutMs, signal, onNotice: this.#notice }
    const opened = await openConnection(request)
    if (signal.aborted) {
      await opened.connection.close()
      throw new BusError('CLOSED', 'the bus was closed before it was connected')
    }
    this.#parts = this.#partsOf(opened, options)
    return this.#parts
  }

  #partsOf({ connection, manager, apiPrefix }: OpenConnection, options: NatsOptions): Parts {
    const { name, version, heartbeatMs = HEARTBEAT_MS } = options
    const onNotice = this.#notice
    const newInbox = () => createInbox(options.connection.inboxPrefix)
    const send = streamSender(connection, newInbox(), this.#together, (number, failure) =>
      this.#queue.answered(number, failure),
    )
    const identity = { name, id: randomBytes(11).toString('hex'), version, description: 'Powerbus' }
    const directory = new ServiceDirectory(connection, identity, onNotice)
    const presence = new NatsPresence(connection, heartbeatMs, onNotice)
    const durables = new Durables(manager)
    const letters = new NatsDeadLetters(connection, manager, onNotice)
    const changed = (isConnected: boolean) => {
      presence.setConnected(isConnected)
      this.#queue.setOpen(isConnected ? send : undefined)
      if (isConnected) void this.#streamsAgain(manager)
    }
    const forbidden = (subject: string, message: string) => this.#queue.forbidden(subject, message)
    const connectionState = new ConnectionState(connection, onNotice, changed, forbidden)
    const world = { connection, manager, durables, letters, connectionState, apiPrefix, newInbox, onNotice }
    this.#queue.setOpen(send)
    const requests = new NatsRequests(connection, directory, this.#together, onNotice)
    return { ...world, requests, presence, subscriptions: new NatsSubscriptions(world) }
  }

  /**
   * Makes sure that the server answers: nothing is sent while it does not, since a request must not arrive after its
   * caller has gone. Throws UNREACHED.
   */
  async #reach(connectionState: ConnectionState, connection: NatsConnection, signal: AbortSignal): Promise<void> {
    const work = async (end: AbortSignal) => {
      await connectionState.connected(end)
      await connectionState.unlessCut(() => connection.flush())
    }
    const unreached = (cause?: unknown) =>
      new BusError('UNREACHED', `NATS at ${this.#servers} does not answer`, cause === undefined ? {} : { cause })
    try {
      await within({ timeoutMs: REACH_MS, signal, late: unreached }, work)
    } catch (error) {
      signal.throwIfAborted()
      throw error instanceof BusError && error.code === 'UNREACHED' ? error : unreached(error)
    }
  }

  /** All that was sent before has reached the server, unless that is away: the next connection is told of all subscriptions anew. */
  async #flush(): Promise<void> {
    if (this.state !== 'connected' || !this.#parts) return
    this.#together.flush()
    await endsWithin(this.#parts.connection.flush(), ANSWER_TIMEOUT_MS).catch(() => false)
  }

  #show(message: Msg, onEvent: (event: BusEvent) => void): void {
    try {
      onEvent(decodeEventOn(message.subject, message.string()))
    } catch (error) {
      this.#foreign.ignore('a watch', message, `is no event: ${messageOf(error)}`)
    }
  }

  /** A server that lost its disk has no streams any more. */
  async #streamsAgain(manager: JetStreamManager): Promise<void> {
    try {
      await ensureStreams(manager)
    } catch (error) {
      this.#notice(`the streams could not be looked at: ${messageOf(error)}`)
    }
  }
}
