import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiCodes,
  type JetStreamManager,
  type StreamInfo,
  type StreamState,
} from '@nats-io/jetstream'
import type { SubscribeOptions } from '../bus.ts'
import type { EventSubject } from '../event-pattern.ts'
import { DurablePatterns } from './durable-patterns.ts'
import { EVENTS_STREAM } from './nats-names.ts'
import { StreamLosses } from './stream-losses.ts'
import { isMissing } from './streams.ts'

const NS_PER_MS = 1_000_000
/** Events of all replicas together that are given out and not acknowledged. */
const ACK_PENDING_MAX = 20_000

/** The server's side of a durable name, as one of its subscriptions sees it. */
export class StreamConsumer {
  readonly #manager: JetStreamManager
  readonly #durable: string
  readonly #fixed: { readonly ack_wait: number; readonly max_ack_pending: number; readonly max_deliver: number }
  readonly #losses: StreamLosses
  #patterns: DurablePatterns
  /** When the stream was made: another one has none of the events of this one. */
  #streamCreated = ''
  /** The last event that it gave to anybody, as far as is known here. */
  #last = 0
  #lost = 0

  constructor(manager: JetStreamManager, { durable, match }: SubscribeOptions, aliveMs: number) {
    this.#manager = manager
    this.#durable = durable
    this.#fixed = { ack_wait: aliveMs * NS_PER_MS, max_ack_pending: ACK_PENDING_MAX, max_deliver: -1 }
    this.#patterns = DurablePatterns.of(match)
    this.#losses = new StreamLosses(this.#patterns.wantAll)
  }

  /** Makes it where it is missing, from the next event on; from now on the patterns are those of this subscription. Gives its events that are given out. */
  async open(): Promise<number> {
    const own = this.#patterns.config
    const stream = await this.#stream()
    this.#streamCreated = stream.created
    const found = (await this.#info()) ?? (await this.#add({ deliver_policy: DeliverPolicy.New }))
    const there = DurablePatterns.in(found.config)
    if (this.#patterns.isAs(there) && found.config.filter_subject === own.filter_subject) {
      this.#patterns = there ?? this.#patterns
    } else {
      this.#patterns = this.#patterns.after(there, Date.now())
      await this.#manager.consumers.update(EVENTS_STREAM, this.#durable, { ...this.#fixed, ...this.#patterns.config })
    }
    this.#lost = this.#losses.next(found, stream.state)
    return this.#given(found)
  }

  /** Whether it was removed, and not the stream with it. */
  async isForgotten(): Promise<boolean> {
    if (await this.#info()) return false
    return (await this.#stream()).created === this.#streamCreated
  }

  /**
   * Makes it anew where it is missing: after the last event that was seen here, or, where the stream is another one, from its
   * beginning. Its patterns are left as they are: this may be a subscription of earlier ones.
   */
  async reopen(): Promise<number> {
    const { created } = await this.#stream()
    if (created !== this.#streamCreated) {
      this.#streamCreated = created
      this.#last = 0
    }
    const start = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#last + 1 }
    return this.#given((await this.#info()) ?? (await this.#add(start)))
  }

  /** The patterns that hold now. */
  async patterns(): Promise<DurablePatterns | undefined> {
    const found = await this.#info()
    return found && DurablePatterns.in(found.config)
  }

  /**
   * Makes the server look who still waits for events. nats-server 2.9.10 otherwise takes one for whoever is gone from what is to be
   * given out again, and forgets it until its time to acknowledge is over.
   */
  tidy(): void {
    this.#info().catch(() => undefined)
  }

  saw(sequence: number): void {
    this.#last = Math.max(this.#last, sequence)
  }

  mayBeHandedBack(event: EventSubject): boolean {
    return this.#patterns.mayBeHandedBack(event, Date.now())
  }

  /** Events that wait, and how many the stream has lost since the last time. Undefined where there is none now. */
  async backlog(stream: StreamState): Promise<{ lag: number; lost: number } | undefined> {
    const found = await this.#info()
    if (!found) return undefined
    const lost = this.#lost + this.#losses.next(found, stream)
    this.#lost = 0
    return { lag: found.num_pending, lost }
  }

  async #info(): Promise<ConsumerInfo | undefined> {
    try {
      return await this.#manager.consumers.info(EVENTS_STREAM, this.#durable)
    } catch (error) {
      if (isMissing(error, JetStreamApiCodes.ConsumerNotFound)) return undefined
      throw error
    }
  }

  async #stream(): Promise<StreamInfo> {
    return await this.#manager.streams.info(EVENTS_STREAM)
  }

  async #add(start: { deliver_policy: DeliverPolicy; opt_start_seq?: number }): Promise<ConsumerInfo> {
    const config = { durable_name: this.#durable, ack_policy: AckPolicy.Explicit, ...start, ...this.#fixed }
    return await this.#manager.consumers.add(EVENTS_STREAM, { ...config, ...this.#patterns.config })
  }

  #given({ delivered, num_ack_pending }: ConsumerInfo): number {
    this.saw(delivered.stream_seq)
    return num_ack_pending
  }
}
