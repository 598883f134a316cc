import type { Bus } from '@powerbus/bus'
import type { EventStream } from '@powerbus/drp'
import type { Endpoint } from '../endpoint.ts'
import { actionEvents } from '../events/action-event.ts'
import { EventOutbox } from '../events/event-outbox.ts'
import type { ActionObserver } from '../host/action-observer.ts'
import { STEP_MS } from '../host/last-step.ts'
import { reachBus } from '../host/reach-bus.ts'
import type { Logger } from '../log.ts'
import type { Plugin } from '../plugin.ts'
import { mirrorEvents } from './event-mirror.ts'

export interface ListenBusOptions {
  readonly plugin: Plugin
  readonly env: NodeJS.ProcessEnv
  readonly endpoint: Endpoint
  readonly log: Logger
}

/** The bus beside an endpoint (NATS_URL): told of the endpoint's events and of this plugin's actions. Its failures harm no work. */
export class ListenBus {
  readonly outbox: EventOutbox
  readonly observer: ActionObserver
  readonly #stopping = new AbortController()
  readonly #mirror: EventStream | undefined
  readonly #joined: Promise<void>
  #bus: Bus | undefined

  constructor({ plugin, env, endpoint, log }: ListenBusOptions) {
    this.outbox = new EventOutbox({
      onLost: (lost, reason) => log.warn('events did not reach the bus', { lost, reason }),
    })
    this.observer = actionEvents(this.outbox)
    if (endpoint.token.reveal() !== '') this.#mirror = mirrorEvents(endpoint, this.outbox, log)
    this.#joined = this.#join({ plugin, env, log, signal: this.#stopping.signal }).catch((error: unknown) =>
      log.error('the bus cannot be used', { reason: String(error) }),
    )
  }

  get bus(): Bus | undefined {
    return this.#bus
  }

  async close(): Promise<void> {
    await this.#mirror?.close()
    this.#stopping.abort()
    await this.#joined
    await this.outbox.close(STEP_MS / 2)
    await this.#bus?.close({ timeoutMs: STEP_MS / 4 })
  }

  async #join(options: Parameters<typeof reachBus>[0]): Promise<void> {
    this.#bus = await reachBus(options)
    if (this.#bus) this.outbox.attach(this.#bus)
  }
}
