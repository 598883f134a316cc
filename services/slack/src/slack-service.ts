import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { ConfigContext, PluginEvent, PublishContext } from '@powerbus/plugin-sdk'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { WebClient } from '@slack/web-api'
import type { Companion } from './companion.ts'
import { Deliverer, type DelivererOptions } from './delivery/deliverer.ts'
import { SlackWatch } from './delivery/slack-watch.ts'
import { type EventFacts, eventFacts } from './events/event-facts.ts'
import { eventIdentity } from './events/event-identity.ts'
import { MachineLookup } from './events/machine-lookup.ts'
import { makeEntry } from './outbox/entry.ts'
import { needsMachine } from './routing/matches-route.ts'
import { routeEvent } from './routing/route-event.ts'
import { readSettings, type SlackParams } from './settings/read-settings.ts'
import type { Settings } from './settings/settings.ts'
import { slackClient } from './slack/slack-client.ts'

/** What it needs of a config besides its params. */
export type ServiceContext = Pick<ConfigContext, 'endpoint' | 'backgroundLog' | 'signal' | 'state'>

export type SlackServiceOptions = Pick<DelivererOptions, 'settleMs'>

/** What the plugin does: events into the outbox, and from there to Slack. */
export class SlackService {
  readonly #companion: Companion | undefined
  readonly #options: SlackServiceOptions
  readonly #machines = new MachineLookup()
  readonly #instance = `${hostname()}-${randomUUID().slice(0, 8)}`
  #settings: Settings | undefined
  #deliverer: Deliverer | undefined
  #watch: SlackWatch | undefined
  #place = 0
  #lastMs = 0

  constructor(companion?: Companion, options: SlackServiceOptions = {}) {
    this.#companion = companion
    this.#options = options
  }

  get deliverer(): Deliverer | undefined {
    return this.#deliverer
  }

  get settings(): Settings | undefined {
    return this.#settings
  }

  /**
   * From now on events are accepted, whatever comes of it; what Slack says of the key and the channels is thrown. Where Slack cannot be
   * reached the config holds, and delivery begins when it answers.
   */
  async config(context: ServiceContext, params: SlackParams): Promise<void> {
    const { endpoint, backgroundLog: log, signal } = context
    const [key, apiUrl] = [params['slack/bot-key'].reveal(), params['slack/api-url']]
    const client = slackClient({ key, apiUrl, timeoutMs: params['slack/timeout-seconds'] * 1000 })
    const state = () => context.state()
    const about = { params, endpoint, log, signal, state, slack: client }
    // First, so that the list of people who may press buttons holds even where the rest is refused.
    const [buttons] = await Promise.allSettled([this.#companion?.configure(about)])
    await this.#configMessages(context, params, client)
    if (buttons.status === 'rejected') throw buttons.reason
  }

  async #configMessages(context: ServiceContext, params: SlackParams, client: WebClient): Promise<void> {
    const { backgroundLog: log, signal } = context
    const settings = readSettings(params)
    const store = await context.state()
    this.#deliverer ??= await Deliverer.open({ ...this.#options, store, log, instance: this.#instance })
    this.#settings = settings
    this.#watch?.stop()
    const { paceMs, timeoutMs } = settings
    const extraBlocks = (facts: EventFacts) => this.#companion?.blocks?.(facts) ?? []
    const link = { client, paceMs, timeoutMs, extraBlocks }
    this.#watch = new SlackWatch({ deliverer: this.#deliverer, link, log, routing: settings.routing })
    await this.#watch.begin(signal)
  }

  /** Durable when it is fulfilled. Throws PLUGIN_UNAVAILABLE before the first config, and STORE_UNAVAILABLE. */
  async publish(event: PluginEvent, { endpoint, log }: PublishContext): Promise<void> {
    const [settings, deliverer] = [this.#settings, this.#deliverer]
    if (!settings || !deliverer) throw new PowerbusError('PLUGIN_UNAVAILABLE', 'slack is not configured yet')
    const accepted = this.#accept()
    const facts = eventFacts(event, accepted.atMs)
    const { routing, templates } = settings
    const isAsked = facts.machine !== undefined && routing.routes.some(({ match }) => needsMachine(match))
    const machine =
      isAsked && facts.machine ? await this.#machines.find(event, facts.machine.uuid, endpoint, log) : undefined
    const routed = routeEvent(routing, { event, facts, ...machine }, accepted.atMs)
    if (routed.length === 0) return
    const id = eventIdentity(event)
    await Promise.all(
      routed.map(async (one) => {
        const { severity, template } = one
        const rendered = templates.render({ event, facts, severity, template })
        await deliverer.accept(one.channel, makeEntry({ ...accepted, id }, one, rendered, settings))
      }),
    )
  }

  async stop(): Promise<void> {
    this.#watch?.stop()
    await Promise.all([this.#deliverer?.stop(), this.#companion?.stop()])
  }

  /** The order in which events came, also where the clock goes back. */
  #accept(): { readonly atMs: number; readonly place: number } {
    this.#lastMs = Math.max(this.#lastMs, Date.now())
    this.#place += 1
    return { atMs: this.#lastMs, place: this.#place }
  }
}
