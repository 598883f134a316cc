import { type DrpEvent, EventStream } from '@powerbus/drp'
import type { Endpoint } from '../endpoint.ts'
import { CatchingUp } from '../events/catching-up.ts'
import { EventLanes } from '../events/event-lanes.ts'
import type { PluginHost } from '../host/plugin-host.ts'
import type { Logger } from '../log.ts'

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
  readonly #lanes: EventLanes<DrpEvent>
  readonly #stream: EventStream
  readonly #catchingUp: CatchingUp

  constructor(options: SelectedEventsOptions) {
    const { patterns, endpoint, host, log, signal } = options
    this.#catchingUp = new CatchingUp({ catchUp: () => host.catchUp(), signal })
    const catchUp = () => this.#catchingUp.ask()
    this.#lanes = new EventLanes({ handle: (event) => host.handleEvent(event), onOverflow: catchUp, signal })
    this.#stream = new EventStream({
      endpoint: endpoint.apiUrl,
      token: endpoint.token.reveal(),
      patterns,
      onEvent: (event) => {
        // A plugin that logs while it handles a line of the log would feed itself for ever.
        if (event.Type !== 'log') this.#lanes.add(event)
      },
      onReady: catchUp,
      // A log line is an event of its own, and must not come back as one.
      onProblem: ({ message }) => log.debug('the event stream ended and is opened again', { reason: message }),
    })
  }

  async close(): Promise<void> {
    await this.#stream.close()
    await this.#catchingUp.ended()
  }
}
