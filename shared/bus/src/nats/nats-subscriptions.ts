import { within } from '@powerbus/turns'
import type { EventHandler, StopOptions, SubscribeOptions } from '../bus.ts'
import type { SubscriptionFigures } from '../bus-figures.ts'
import { DurableMember, type MemberWorld } from './durable-member.ts'
import { EVENTS_STREAM } from './nats-names.ts'

const FIGURES_TIMEOUT_MS = 2000

/** The durable subscriptions of one bus. */
export class NatsSubscriptions {
  readonly #world: MemberWorld
  readonly #open = new Set<DurableMember>()
  #expired = 0

  constructor(world: Omit<MemberWorld, 'onLost'>) {
    this.#world = { ...world, onLost: (durable, count) => this.#loses(durable, count) }
  }

  /** Gives what ends it. */
  async open(options: SubscribeOptions, handler: EventHandler): Promise<(options: StopOptions) => Promise<void>> {
    const subscription = await DurableMember.open(options, handler, this.#world)
    this.#open.add(subscription)
    return async (stopping) => {
      await subscription.stop(stopping)
      this.#open.delete(subscription)
    }
  }

  async figures(): Promise<{ expired: number; subscriptions: SubscriptionFigures[] }> {
    const inTime = <T>(work: Promise<T>) => within({ timeoutMs: FIGURES_TIMEOUT_MS }, () => work).catch(() => undefined)
    const stream = this.#open.size > 0 ? await inTime(this.#world.manager.streams.info(EVENTS_STREAM)) : undefined
    const figures = [...this.#open].map((subscription) => subscription.figures(stream?.state, inTime))
    const subscriptions = await Promise.all(figures)
    return { expired: this.#expired, subscriptions }
  }

  #loses(durable: string, count: number): void {
    this.#expired += count
    this.#world.onNotice(`${count} events passed the limits of the stream before ${durable} was given them`)
  }
}
