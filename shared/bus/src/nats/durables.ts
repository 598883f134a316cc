import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream'
import type { EventPattern } from '../event-pattern.ts'
import { consumerNameOf, type Durable, durableIn, inCharge, isDeserted, isReplaced, replaced } from './durable-note.ts'
import { isForbidden } from './forbidden.ts'
import { EVENTS_STREAM } from './nats-names.ts'
import { isMissing } from './streams.ts'

const NS_PER_MS = 1_000_000
/** What a user may be refused, beside the names of consumers. */
const PROVIDE = 'make a consumer'
const DELETE = 'delete a consumer'
/** Events of all members together that are given out and not acknowledged. */
const ACK_PENDING_MAX = 20_000

export interface DurableRequest {
  readonly durable: string
  readonly match: readonly EventPattern[]
  /** Time to acknowledge, of one that is made now. */
  readonly aliveMs: number
  /** Number of the first event for one that is made where there was none; the next event that comes, where absent. */
  readonly begin?: number
  /** Patterns that were replaced take charge again, where nobody asks for the events of those that replaced them. */
  readonly takesBack: boolean
}

export interface ProvidedDurable {
  /** The consumer of these patterns; undefined where it was not made, because others are in charge. */
  readonly own: Durable | undefined
  /** The consumer in charge, where it is another one. */
  readonly other?: Durable
}

/**
 * Makes and replaces the consumers of durable names, one for each set of patterns. One of them is in charge and is given new
 * events. A replaced one keeps what it has given out until that is acknowledged, and is deleted when nobody asks it any more;
 * the one in charge begins after the last event that the replaced one gave out (docs/decisions/0006).
 */
export class Durables {
  readonly #manager: JetStreamManager
  /** What the server refuses this user is not asked for again: each refusal is a line in its log. */
  readonly #refused = new Set<string>()

  constructor(manager: JetStreamManager) {
    this.#manager = manager
  }

  /** False once the server has refused to make or change a consumer for this user. */
  get mayProvide(): boolean {
    return !this.#refused.has(PROVIDE)
  }

  /** Rejects with PermissionViolationError where this user may not make consumers. */
  async provide(request: DurableRequest): Promise<ProvidedDurable> {
    try {
      return await this.#provide(request)
    } catch (error) {
      if (isForbidden(error)) this.#refused.add(PROVIDE)
      throw error
    }
  }

  /** A consumer that the one in charge has replaced; undefined also where this user may not ask for it. */
  async replacedOne(durable: string, name: string): Promise<Durable | undefined> {
    if (this.#refused.has(name)) return undefined
    try {
      return await this.find(durable, name)
    } catch (error) {
      if (!isForbidden(error)) throw error
      this.#refused.add(name)
      return undefined
    }
  }

  async #provide(request: DurableRequest): Promise<ProvidedDurable> {
    const { durable, match, takesBack } = request
    const name = consumerNameOf(durable, match)
    const all = await this.#all(durable, name)
    const own = all.find((one) => one.name === name)
    const others = all.filter((one) => one !== own)
    const newer = others.find((one) => !isReplaced(one) && one.note.after.includes(name))
    if (newer && !(takesBack && isDeserted(newer))) {
      return { own: own && (isReplaced(own) ? own : await this.#replace(own)), other: newer }
    }
    if (own && !isReplaced(own)) {
      for (const one of others) await this.#retire(one)
      return { own }
    }
    // What it gave out before is handled first: then it is made anew, where the others have come to.
    if (own && (own.info.num_ack_pending > 0 || !(await this.#delete(name))))
      return { own, ...(newer && { other: newer }) }
    return { own: await this.#takeCharge(request, name, own ? [...others, own] : others) }
  }

  /** Deletes every consumer of the name. */
  async forget(durable: string): Promise<void> {
    for (const { name } of await this.#all(durable, durable)) await this.#manager.consumers.delete(EVENTS_STREAM, name)
  }

  /** Undefined where there is none. */
  async find(durable: string, name: string): Promise<Durable | undefined> {
    try {
      return durableIn(await this.#manager.consumers.info(EVENTS_STREAM, name), durable)
    } catch (error) {
      if (isMissing(error, JetStreamApiCodes.ConsumerNotFound)) return undefined
      throw error
    }
  }

  async #takeCharge(request: DurableRequest, name: string, others: readonly Durable[]): Promise<Durable> {
    const { durable, match, aliveMs, begin } = request
    const before: Durable[] = []
    for (const one of others) before.push(isReplaced(one) ? one : await this.#replace(one))
    const next = before.length > 0 ? Math.max(...before.map(({ note }) => note.next ?? 1)) : begin
    const after = [...new Set(before.flatMap((one) => [one.name, ...one.note.after]))].filter((one) => one !== name)
    const config = {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      ack_wait: aliveMs * NS_PER_MS,
      max_ack_pending: ACK_PENDING_MAX,
      // A member writes the dead letter and acknowledges then: a limit of the server's would drop the event before.
      max_deliver: -1,
      ...(next === undefined
        ? { deliver_policy: DeliverPolicy.New }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: next }),
      ...inCharge(durable, match, after),
    }
    let info: ConsumerInfo | undefined
    try {
      info = await this.#manager.consumers.add(EVENTS_STREAM, config)
    } catch (error) {
      // Another member made it at the same time, and began elsewhere.
      if (!(error instanceof JetStreamApiError)) throw error
      info = (await this.find(durable, name))?.info
      if (!info) throw error
    }
    for (const one of before) await this.#retire(one)
    return { name, info, note: { durable, after } }
  }

  /** It gives out nothing new from now on. What it gives out just before may be given out once more by the one in charge. */
  async #replace(one: Durable): Promise<Durable> {
    const newest = (await this.find(one.note.durable, one.name)) ?? one
    const info = await this.#manager.consumers.update(EVENTS_STREAM, one.name, replaced(newest))
    return durableIn(info, one.note.durable) ?? one
  }

  /** Deleted once nothing of it is open and nobody asks it for events. A service may not delete: an endpoint does it. */
  async #retire(one: Durable): Promise<void> {
    if (!isReplaced(one)) await this.#replace(one)
    else if (one.info.num_ack_pending === 0 && one.info.num_waiting === 0) await this.#delete(one.name)
  }

  /** False where this user may not. */
  async #delete(name: string): Promise<boolean> {
    if (this.#refused.has(DELETE)) return false
    try {
      await this.#manager.consumers.delete(EVENTS_STREAM, name)
      return true
    } catch (error) {
      if (isMissing(error, JetStreamApiCodes.ConsumerNotFound)) return true
      if (!isForbidden(error)) throw error
      this.#refused.add(DELETE)
      return false
    }
  }

  async #all(durable: string, name: string): Promise<Durable[]> {
    try {
      const found: Durable[] = []
      for await (const info of this.#manager.consumers.list(EVENTS_STREAM)) {
        const one = durableIn(info, durable)
        if (one) found.push(one)
      }
      return found
    } catch (error) {
      if (!isForbidden(error)) throw error
      return await this.#known(durable, name, error)
    }
  }

  /** Where listing is not allowed: a name of which nothing is found may have consumers of other patterns, so nothing is made then. */
  async #known(durable: string, name: string, refusal: unknown): Promise<Durable[]> {
    const found = await Promise.all([...new Set([durable, name])].map((one) => this.find(durable, one)))
    const there = found.filter((one) => one !== undefined)
    if (there.length === 0) throw refusal
    return there
  }
}
