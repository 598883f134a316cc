import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { ConfigContext, PluginEvent, PublishContext } from '@powerbus/plugin-sdk'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { systemClock } from '@powerbus/turns'
import type { WebClient } from '@slack/web-api'
import type { ChatOps } from './chatops/chat-ops.ts'
import { Deliverer, type DelivererOptions } from './delivery/deliverer.ts'
import { SlackWatch } from './delivery/slack-watch.ts'
import { eventFacts } from './events/event-facts.ts'
import { eventIdentity } from './events/event-identity.ts'
import { MachineLookup } from './events/machine-lookup.ts'
import { makeEntry } from './outbox/entry.ts'
import type { SlackParams } from './params.ts'
import { routeEvent } from './routing/route-event.ts'
import { readSettings, type Settings } from './settings/read-settings.ts'
import { proxySettings } from './slack/proxy-settings.ts'
import { slackClient } from './slack/slack-client.ts'
import { slackTransport } from './slack/slack-transport.ts'

/** The parts of a config's context that the service uses. */
export type ServiceContext = Pick<ConfigContext, 'endpoint' | 'backgroundLog' | 'signal' | 'state'>

export type SlackServiceOptions = Pick<DelivererOptions, 'settleMs' | 'clock' | 'waitingMax'>

/** Takes events into the outbox, and delivers them to Slack. */
export class SlackService {
  readonly #chatOps: Pick<ChatOps, 'configure' | 'blocks' | 'stop'>
  readonly #options: SlackServiceOptions
  readonly #machines = new MachineLookup()
  readonly #instance = `${hostname()}-${randomUUID().slice(0, 8)}`
  settings: Settings | undefined
  deliverer: Deliverer | undefined
  #watch: SlackWatch | undefined
  #place = 0
  #lastMs = 0

  constructor(chatOps: Pick<ChatOps, 'configure' | 'blocks' | 'stop'>, options: SlackServiceOptions = {}) {
    this.#chatOps = chatOps
    this.#options = options
  }

  /**
   * Accepts events from now on, even if it throws, which it does if Slack refuses the key or the channels. If Slack
   * cannot be reached the config holds, and delivery starts when Slack answers.
   */
  async config(context: ServiceContext, params: SlackParams): Promise<void> {
    const { endpoint, backgroundLog: log } = context
    const [key, apiUrl] = [params['slack/bot-key'].reveal(), params['slack/api-url']]
    const { fetch } = slackTransport(proxySettings(params['slack/proxy']))
    const slack = slackClient({ key, apiUrl, timeoutMs: params['slack/timeout-seconds'] * 1000, fetch })
    const state = () => context.state()
    // First, so that the lists of people who may press buttons hold even if other params are refused.
    const [buttons] = await Promise.allSettled([this.#chatOps.configure({ params, endpoint, log, state, slack })])
    await this.#configMessages(context, params, slack)
    if (buttons.status === 'rejected') throw buttons.reason
  }

  async #configMessages(context: ServiceContext, params: SlackParams, client: WebClient): Promise<void> {
    const { backgroundLog: log, signal } = context
    const settings = readSettings(params)
    const store = await context.state()
    this.deliverer ??= await Deliverer.open({ ...this.#options, store, log, instance: this.#instance })
    this.settings = settings
    this.#watch?.stop()
    const { paceMs, timeoutMs, routing } = settings
    const link = { client, paceMs, timeoutMs, extraBlocks: this.#chatOps.blocks.bind(this.#chatOps) }
    const { clock = systemClock } = this.#options
    this.#watch = new SlackWatch({ deliverer: this.deliverer, link, log, routing, clock })
    await this.#watch.begin(signal)
  }

  /**
   * The event is durable when it resolves. Throws PLUGIN_UNAVAILABLE before the first config, and STORE_UNAVAILABLE.
   */
  async publish(event: PluginEvent, { endpoint, log }: PublishContext): Promise<void> {
    const { settings, deliverer } = this
    if (!settings || !deliverer) throw new PowerbusError('PLUGIN_UNAVAILABLE', 'slack is not configured yet')
    const accepted = this.#accept()
    const facts = eventFacts(event, accepted.atMs)
    if (facts.machine && (await deliverer.mutes.isMuted(['machine', facts.machine.uuid]))) {
      deliverer.figures.muted += 1
      return
    }
    const { routing, templates } = settings
    const needsMachine = routing.routes.some(
      ({ raw, channelTemplates }) =>
        raw.match?.params !== undefined || raw.match?.profiles !== undefined || channelTemplates.length > 0,
    )
    const machine =
      needsMachine && facts.machine ? await this.#machines.find(event, facts.machine.uuid, endpoint, log) : undefined
    const routed = routeEvent(routing, { event, facts, ...machine }, accepted.atMs)
    const id = eventIdentity(event)
    await Promise.all(
      routed.map(async (one) => {
        const rendered = templates.render({ ...one, event, facts })
        await deliverer.accept(one.channel, makeEntry({ ...accepted, id }, one, rendered, settings))
      }),
    )
  }

  async stop(): Promise<void> {
    this.#watch?.stop()
    await Promise.all([this.deliverer?.stop(), this.#chatOps.stop()])
  }

  /** The place of an event in the order of arrival, which holds even if the wall clock is set back. */
  #accept(): { readonly atMs: number; readonly place: number } {
    this.#lastMs = Math.max(this.#lastMs, (this.#options.clock ?? systemClock).dateMs())
    this.#place += 1
    return { atMs: this.#lastMs, place: this.#place }
  }
}
