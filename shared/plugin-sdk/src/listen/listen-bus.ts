import type { Bus } from '@powerbus/bus'
import type { EventStream } from '@powerbus/drp'
import type { Endpoint } from '../endpoint.ts'
import { actionEvents } from '../events/action-event.ts'
import { EventReporter } from '../events/event-reporter.ts'
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

/** The bus beside an endpoint (NATS_URL): it is given the endpoint's events and this plugin's actions. Its failures harm no work. */
export class ListenBus {
  readonly outbox: EventReporter
  readonly observer: ActionObserver
  readonly #mirror: EventStream | undefined
  readonly #opened: Promise<void>
  #bus: Bus | undefined

  constructor({ plugin, env, endpoint, log }: ListenBusOptions) {
    const bus = reachBus({ plugin, env, log })
    this.outbox = new EventReporter(bus, {
      onLost: (lost, reason) => log.warn('events did not reach the bus', { lost, reason }),
    })
    this.observer = actionEvents(this.outbox)
    if (endpoint.token.reveal() !== '') this.#mirror = mirrorEvents(endpoint, this.outbox, log)
    const failed = (error: unknown) => log.error('the bus cannot be used', { reason: String(error) })
    this.#opened = bus.then((opened) => {
      this.#bus = opened
      opened.connected().catch(failed)
    }, failed)
  }

  get bus(): Bus | undefined {
    return this.#bus
  }

  async close(): Promise<void> {
    await this.#mirror?.close()
    await this.#opened
    await this.outbox.close(STEP_MS / 2)
    await this.#bus?.close({ timeoutMs: STEP_MS / 4 })
  }
}
