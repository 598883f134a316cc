import type { Endpoint, Logger } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { WebClient } from '@slack/web-api'
import type { EventFacts } from './events/event-facts.ts'
import type { Block } from './message.ts'

export interface CompanionContext {
  /** The plugin's params, validated; a secure one is a `Secret`. */
  readonly params: Readonly<Record<string, unknown>>
  readonly endpoint: Endpoint
  /** None of its lines becomes an event. */
  readonly log: Logger
  readonly signal: AbortSignal
  state(): Promise<Store>
  /** With the bot's key, no retries of its own, and a time limit. */
  readonly slack: WebClient
}

/** Something that works beside the messages and may add to them, such as buttons. */
export interface Companion {
  /** Called with each config, whatever becomes of the rest of it. Throws a PowerbusError for params that cannot work, and is off then. */
  configure(context: CompanionContext): Promise<void>
  /** What is added below a message about one machine; at most 5 blocks. Called for its newest event, often: plain and at once. */
  blocks?(facts: EventFacts): readonly Block[]
  stop(): Promise<void>
}
