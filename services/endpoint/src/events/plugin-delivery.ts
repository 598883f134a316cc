import { type Bus, type BusEvent, type Delivery, everyEvent, type Subscription } from '@powerbus/bus'
import { decodeDrpError } from '@powerbus/drp'
import { durableOf } from '@powerbus/plugin-sdk'
import { Slots } from '@powerbus/turns'
import type { Logger } from 'pino'
import { reasonsOf } from '../host/refusal-reasons.ts'
import type { RunningPlugin } from '../host/running-plugin.ts'
import { AUDIT_TYPE } from './audit-event.ts'

/** Attempts to deliver an event to a plugin before it becomes a dead letter. */
export interface DeliveryLimits {
  readonly deliveriesMax: number
  readonly backoffMs: readonly number[]
  /** Milliseconds for the plugin's answer. */
  readonly timeoutMs: number
}

const defaultLimits: DeliveryLimits = {
  deliveriesMax: 8,
  backoffMs: [500, 2000, 10_000, 30_000, 60_000],
  timeoutMs: 60_000,
}

/** Events of different keys that one plugin handles at once. */
const CONCURRENCY = 8
/** A plugin that logs while it handles an event would feed itself for ever; audit is for admins. */
const NOT_DELIVERED = ['log', AUDIT_TYPE]

export interface DeliveryOptions {
  readonly bus: Bus
  readonly plugin: string
  readonly limits: Partial<DeliveryLimits>
  readonly running: RunningPlugin
  readonly log: Logger
}

/**
 * Delivers every event to one plugin with HasPublish by POST publish (plugin contract §3). An answer of 200 without
 * messages acknowledges it. The bus keeps events while the plugin is down. Other plugins never wait for this one.
 */
export class PluginDelivery {
  readonly #options: DeliveryOptions
  readonly #slot = new Slots(1)
  #subscription: Subscription | undefined
  #isEnded = false

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** From now on the bus keeps events for the plugin, even while it is down. Throws BusError. */
  async start(): Promise<void> {
    await this.#slot.run(async () => {
      await this.#begin()
      await this.#follow()
    })
  }

  /** Must be called when the plugin became available or unavailable; events flow only while it is available. */
  changed(): void {
    this.#slot
      .run(() => this.#follow())
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'events cannot be delivered')
      })
  }

  /** Events that are not handled yet wait on the bus for the next start. */
  async stop(): Promise<void> {
    this.#isEnded = true
    await this.#slot.run(() => this.#pause())
  }

  async #follow(): Promise<void> {
    if (this.#options.running.errors.length === 0) await this.#begin()
    else await this.#pause()
  }

  async #begin(): Promise<void> {
    if (this.#subscription !== undefined || this.#isEnded) return
    const { bus, plugin, limits } = this.#options
    const fixed = { durable: durableOf(plugin), match: [everyEvent], concurrency: CONCURRENCY }
    const options = { ...fixed, ...defaultLimits, ...limits }
    this.#subscription = await bus.subscribe(options, (event, delivery) => this.#deliver(event, delivery))
  }

  async #pause(): Promise<void> {
    const subscription = this.#subscription
    this.#subscription = undefined
    await subscription?.stop({ timeoutMs: 1000 })
  }

  async #deliver({ id, ...event }: BusEvent, { signal, requestId = id }: Delivery): Promise<void> {
    if (NOT_DELIVERED.includes(event.Type)) return
    const answer = await this.#options.running.call('publish', { ...event, Id: id }, { requestId, signal })
    const body: unknown = JSON.parse(answer)
    if (body === null) return
    const error = decodeDrpError(body)
    if (error.Messages.length > 0) throw new Error(reasonsOf(error).join('; '))
  }
}
