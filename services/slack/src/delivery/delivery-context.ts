import type { Logger } from '@powerbus/plugin-sdk'
import type { WebClient } from '@slack/web-api'
import type { EventFacts } from '../events/event-facts.ts'
import type { Block } from '../message.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { OtherFailure } from '../slack/slack-failure.ts'
import type { DeliveryFigures } from './delivery-figures.ts'
import type { WorkspacePace } from './workspace-pace.ts'

/** The way to Slack that the last config gave. */
export interface SlackLink {
  readonly client: WebClient
  readonly paceMs: number
  /** Longest wait for an answer. */
  readonly timeoutMs: number
  readonly extraBlocks?: (facts: EventFacts) => readonly Block[]
}

/** What the lanes of all channels share. */
export interface DeliveryContext {
  readonly outbox: Outbox
  readonly workspace: WorkspacePace
  readonly figures: DeliveryFigures
  readonly log: Logger
  /** Name of this process, for whoever waits for a lock of it. */
  readonly instance: string
  readonly signal: AbortSignal
  /** Milliseconds in which Slack may still carry out a request that was given up. */
  readonly settleMs: number
  /** Undefined while nothing can be delivered. */
  link(): SlackLink | undefined
  /** The key is not good any more: nothing is delivered until the next config. */
  halt(failure: OtherFailure): void
}
