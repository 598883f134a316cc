import { setTimeout as sleep } from 'node:timers/promises'
import { type DrpEvent, EventStream } from '@powerbus/drp'
import type { Endpoint } from '../endpoint.ts'
import { EventLanes } from '../events/event-lanes.ts'
import type { PluginHost } from '../host/plugin-host.ts'
import type { Logger } from '../log.ts'

const CATCH_UP_PAUSES_MS = [1_000, 5_000, 30_000, 60_000]

export interface SelectedEventsOptions {
  readonly patterns: readonly string[]
  readonly endpoint: Endpoint
  readonly host: PluginHost
  readonly log: Logger
  readonly signal: AbortSignal
}

/**
 * Brings a plugin the events that it selects, from the endpoint's event stream: registered anew whenever that breaks, and caught
 * up with afterwards, since the stream keeps nothing.
 */
export class SelectedEvents {
  readonly #options: SelectedEventsOptions
  readonly #lanes: EventLanes<DrpEvent>
  readonly #stream: EventStream
  #catchingUp: Promise<void> | undefined
  #again = false

  constructor(options: SelectedEventsOptions) {
    const { patterns, endpoint, host, log, signal } = options
    this.#options = options
    const catchUp = () => this.#catchUp()
    this.#lanes = new EventLanes({ handle: (event) => host.handleEvent(event), onOverflow: catchUp, signal })
    this.#stream = new EventStream({
      endpoint: endpoint.apiUrl,
      token: endpoint.token.reveal(),
      patterns,
      onEvent: (event) => this.#lanes.add(event),
      onReady: catchUp,
      // A log line is an event of its own, and must not come back as one.
      onProblem: ({ message }) => log.debug('the event stream ended and is opened again', { reason: message }),
    })
  }

  async close(): Promise<void> {
    await this.#stream.close()
    await this.#catchingUp
  }

  /** One at a time; asked for meanwhile, it is done once more. */
  #catchUp(): void {
    this.#again = true
    this.#catchingUp ??= this.#catchUpNow().finally(() => {
      this.#catchingUp = undefined
    })
  }

  /** Never rejects: the host has told of failures. */
  async #catchUpNow(): Promise<void> {
    const { host, signal } = this.#options
    for (let attempt = 0; this.#again && !signal.aborted; attempt += 1) {
      this.#again = false
      try {
        await host.catchUp()
        attempt = -1
      } catch {
        this.#again = true
        const pauseMs = CATCH_UP_PAUSES_MS[Math.min(attempt, CATCH_UP_PAUSES_MS.length - 1)]
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
