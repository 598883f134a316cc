import type { EventHandler, StopOptions, SubscribeOptions } from '../bus.ts'
import { BusError } from '../bus-error.ts'
import type { SubscriptionFigures } from '../bus-figures.ts'
import type { EventPattern } from '../event-pattern.ts'
import { CONSUMER_KEYS, type ConsumerRecord, type ConsumerWorld, DurableConsumer } from './durable-consumer.ts'
import type { LoggedEvent } from './event-log.ts'

/** All durable names of an in-process bus, subscribed or not. */
export class DurableConsumers {
  readonly #world: ConsumerWorld
  readonly #consumers = new Map<string, DurableConsumer>()

  constructor(world: ConsumerWorld) {
    this.#world = world
  }

  /** After the log has been recovered. */
  async recover(): Promise<void> {
    if (!this.#world.store) return
    for await (const { key, value } of this.#world.store.scan(CONSUMER_KEYS)) {
      const name = key.slice(CONSUMER_KEYS.length)
      const record = value as unknown as ConsumerRecord
      this.#consumers.set(name, new DurableConsumer(name, this.#world, record))
      this.#world.log.continueAfter(record.frontier)
    }
  }

  /** Gives what ends it. */
  async join(options: SubscribeOptions, handler: EventHandler): Promise<(options: StopOptions) => Promise<void>> {
    const consumer = this.#provided(options.durable, options.match)
    const member = await consumer.join(options, handler)
    return async (stopping) => {
      await consumer.leave(member)
      await member.lanes.stop(stopping)
      consumer.fill()
    }
  }

  async provide(durable: string, match: readonly EventPattern[]): Promise<void> {
    await this.#provided(durable, match).provide(match)
  }

  async forget(name: string): Promise<void> {
    const consumer = this.#consumers.get(name)
    if (consumer && consumer.members.length > 0) throw new BusError('INPUT', `${name} is subscribed: stop that first`)
    await consumer?.settled()
    this.#consumers.delete(name)
    await this.#world.store?.delete(CONSUMER_KEYS + name)
  }

  fill(): void {
    for (const consumer of this.#consumers.values()) consumer.fill()
  }

  /** The oldest event that any name still needs. */
  get needed(): number {
    let lowest = Number.POSITIVE_INFINITY
    for (const consumer of this.#consumers.values()) lowest = Math.min(lowest, consumer.needed)
    return lowest
  }

  isWaitedFor(event: LoggedEvent): boolean {
    return [...this.#consumers.values()].some((consumer) => consumer.isWaitingFor(event))
  }

  get figures(): SubscriptionFigures[] {
    return [...this.#consumers].map(([durable, consumer]) => {
      const sum = { durable, lag: consumer.lag, held: 0, running: 0, handled: 0, failed: 0, dead: 0 }
      for (const { lanes } of consumer.members) {
        for (const [name, value] of Object.entries(lanes.figures)) sum[name as keyof typeof lanes.figures] += value
      }
      return sum
    })
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.settled()))
  }

  #provided(durable: string, match: readonly EventPattern[]): DurableConsumer {
    const present = this.#consumers.get(durable)
    if (present) return present
    const record = { match, frontier: this.#world.log.lastSequence, open: [] }
    const consumer = new DurableConsumer(durable, this.#world, record)
    this.#consumers.set(durable, consumer)
    return consumer
  }
}
