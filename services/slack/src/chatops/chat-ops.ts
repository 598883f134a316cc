import { isDeepStrictEqual } from 'node:util'
import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { Backoff } from '@powerbus/turns'
import type { WebClient } from '@slack/web-api'
import type { EventFacts } from '../events/event-facts.ts'
import type { Block } from '../message.ts'
import type { SlackParams } from '../params.ts'
import { AllowList } from './allow-list.ts'
import { buttonBlocks } from './buttons.ts'
import { type ChatSettings, readChatSettings } from './chat-settings.ts'
import { readPress } from './press.ts'
import { PressRecords } from './press-records.ts'
import { type PressTools, reportAbandoned, runPress } from './run-press.ts'
import { SocketConnection } from './socket-connection.ts'

/** Most presses carried out at a time; a further press is refused. */
const UNDER_WAY_MAX = 50
const STOP_MS = 3000
const SWEEP_MS = 60_000

export interface ChatOpsOptions {
  /** Between attempts to reach Slack. */
  readonly pauses?: Backoff
  /** Milliseconds for which a killed press holds its button; default 30,000. */
  readonly turnMs?: number
}

export interface ChatOpsContext {
  readonly params: SlackParams
  readonly endpoint: Endpoint
  /** A log whose lines become no events. */
  readonly log: Logger
  state(): Promise<Store>
  readonly slack: WebClient
}

/** Buttons on messages. They are off unless slack/app-token and slack/allow-users or slack/allow-groups are set. */
export class ChatOps {
  readonly #options: ChatOpsOptions
  readonly #ending = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #tools: PressTools | undefined
  #connection: SocketConnection | undefined
  #sweeper: NodeJS.Timeout | undefined

  constructor(options: ChatOpsOptions = {}) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#connection?.isOpen ?? false
  }

  /** Each config calls it first. Throws PARAM_INVALID, and the buttons are off then. */
  async configure(context: ChatOpsContext): Promise<void> {
    const before = this.#tools?.settings
    let settings: ChatSettings | undefined
    try {
      settings = readChatSettings(context.params)
    } catch (error) {
      // The former lists of people no longer hold.
      this.#tools = undefined
      await this.#disconnect()
      throw error
    }
    const { slack, endpoint, log, state } = context
    this.#tools = settings && {
      settings,
      allowList: new AllowList(slack),
      records: new PressRecords(state, this.#options.turnMs),
      slack,
      endpoint,
      log,
      signal: this.#ending.signal,
    }
    if (settings && before && isSameConnection(settings, before)) return
    await this.#disconnect()
    if (settings === undefined) return
    const { appToken, params, proxy } = settings
    const onInteraction = (body: unknown) => this.#accept(body)
    const { pauses } = this.#options
    const apiUrl = params['slack/api-url']
    this.#connection = new SocketConnection({ appToken, apiUrl, proxy, log, onInteraction, pauses })
    this.#connection.start()
    this.#sweeper = setInterval(() => this.#track(this.#reportAbandoned()), SWEEP_MS).unref()
    this.#track(this.#reportAbandoned())
  }

  /** Buttons below a message about one machine, for its newest event; at most 1 block. */
  blocks(facts: EventFacts): readonly Block[] {
    return this.#tools ? buttonBlocks(facts, this.#tools.settings.commands) : []
  }

  /** Presses under way have 3 s to end; then their outcome is reported as unknown. */
  async stop(): Promise<void> {
    await this.#disconnect()
    const timer = setTimeout(() => this.#ending.abort(), STOP_MS)
    await Promise.all(this.#underWay)
    clearTimeout(timer)
  }

  async #disconnect(): Promise<void> {
    clearInterval(this.#sweeper)
    const connection = this.#connection
    this.#connection = undefined
    await connection?.stop()
  }

  /** Resolves when the press is stored, or needs no record; then Slack gets the acknowledgement. */
  async #accept(body: unknown): Promise<void> {
    const tools = this.#tools
    const press = readPress(body)
    if (tools === undefined || press === undefined) return
    if (this.#underWay.size >= UNDER_WAY_MAX)
      throw new Error(`${UNDER_WAY_MAX} presses are being carried out: press again later`)
    if (!(await tools.records.accept(press))) {
      tools.log.debug('a press came again; it runs only once', { press: press.id })
      return
    }
    this.#track(runPress(press, tools).then(() => tools.records.finish(press)))
  }

  async #reportAbandoned(): Promise<void> {
    const tools = this.#tools
    if (tools === undefined) return
    for (const press of await tools.records.abandoned()) await reportAbandoned(press, tools)
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#tools?.log.error('a press could not be carried out', { error: String(error) }))
      .finally(() => this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
  }
}

function isSameConnection(one: ChatSettings, other: ChatSettings): boolean {
  return (
    one.params['slack/api-url'] === other.params['slack/api-url'] &&
    one.appToken.reveal() === other.appToken.reveal() &&
    isDeepStrictEqual(one.proxy, other.proxy)
  )
}
