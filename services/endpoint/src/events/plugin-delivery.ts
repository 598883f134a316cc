import { type Bus, type BusEvent, type Delivery, everyEvent, type Subscription } from '@powerbus/bus'
import { decodeDrpError } from '@powerbus/drp'
import { durableOf } from '@powerbus/plugin-sdk'
import { Slots } from '@powerbus/turns'
import type { Logger } from 'pino'
import { reasonsOf } from '../host/refusal-reasons.ts'
import type { RunningPlugin } from '../host/running-plugin.ts'

/** How often and for how long an event is given to a plugin before it becomes a dead letter. */
export interface DeliveryLimits {
  readonly deliveriesMax: number
  readonly backoffMs: readonly number[]
  /** Milliseconds for the plugin's answer. */
  readonly timeoutMs: number
}

export const defaultDeliveryLimits: DeliveryLimits = {
  deliveriesMax: 8,
  backoffMs: [500, 2000, 10_000, 30_000, 60_000],
  timeoutMs: 60_000,
}

/** Events of different keys that one plugin works on at a time. */
const CONCURRENCY = 8
/** Lines of a plugin's log are no events for plugins: one that logs while it handles an event would feed itself for ever. */
const NOT_DELIVERED = 'log'

export interface DeliveryOptions {
  readonly bus: Bus
  readonly plugin: string
  readonly limits: DeliveryLimits
  readonly running: RunningPlugin
  readonly log: Logger
}

/**
 * Every event to one plugin with HasPublish, by POST publish (plugin contract §3), acknowledged when it answered 200
 * without messages. The bus keeps them while the plugin is down; whoever is slow or dead holds up nobody else.
 */
export class PluginDelivery {
  readonly #options: DeliveryOptions
  readonly #slot = new Slots(1)
  #subscription: Subscription | undefined
  #isEnded = false

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** From now on events are kept for it, whether it is up or not. Throws BusError. */
  async start(): Promise<void> {
    await this.#slot.run(async () => {
      await this.#begin()
      if (this.#options.running.errors.length > 0) await this.#pause()
    })
  }

  /** The plugin came or went: events flow only while it is there. */
  changed(): void {
    const { log, running } = this.#options
    const follow = async () => {
      if (running.errors.length === 0) await this.#begin()
      else await this.#pause()
    }
    this.#slot.run(follow).catch((error: unknown) => log.error({ error: String(error) }, 'events cannot be delivered'))
  }

  /** What is not handled yet waits for the next time. */
  async stop(): Promise<void> {
    this.#isEnded = true
    await this.#slot.run(() => this.#pause())
  }

  async #begin(): Promise<void> {
    if (this.#subscription !== undefined || this.#isEnded) return
    const { bus, plugin, limits } = this.#options
    const durable = durableOf(plugin)
    const options = { durable, match: [everyEvent], concurrency: CONCURRENCY, ...limits }
    this.#subscription = await bus.subscribe(options, (event, delivery) => this.#deliver(event, delivery))
  }

  async #pause(): Promise<void> {
    const subscription = this.#subscription
    this.#subscription = undefined
    await subscription?.stop({ timeoutMs: 1000 })
  }

  async #deliver({ id, ...event }: BusEvent, { signal, requestId = id }: Delivery): Promise<void> {
    if (event.Type === NOT_DELIVERED) return
    const answer = await this.#options.running.call('publish', { ...event, Id: id }, { requestId, signal })
    const body: unknown = JSON.parse(answer)
    if (body === null) return
    const error = decodeDrpError(body)
    if (error.Messages.length > 0) throw new Error(reasonsOf(error).join('; '))
  }
}
