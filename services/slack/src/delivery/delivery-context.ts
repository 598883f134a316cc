import type { Logger } from '@powerbus/plugin-sdk'
import type { WebClient } from '@slack/web-api'
import type { EventFacts } from '../events/event-facts.ts'
import type { Block } from '../message.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { OtherFailure } from '../slack/slack-failure.ts'
import type { WorkspacePace } from './workspace-pace.ts'

/** The way to Slack that the last config gave. */
export interface SlackLink {
  readonly client: WebClient
  readonly paceMs: number
  /** Longest wait for an answer. */
  readonly timeoutMs: number
  readonly extraBlocks?: (facts: EventFacts) => readonly Block[]
}

/** Counts since the process started. */
export const zeroFigures = () => ({
  accepted: 0,
  repeated: 0,
  posted: 0,
  edited: 0,
  found: 0,
  limited: 0,
  failed: 0,
  parked: 0,
})

/** Shared by the lanes of all channels. */
export interface DeliveryContext {
  readonly outbox: Outbox
  readonly workspace: WorkspacePace
  readonly figures: ReturnType<typeof zeroFigures>
  readonly log: Logger
  /** Name of this process, the owner of its locks. */
  readonly instance: string
  readonly signal: AbortSignal
  /** Milliseconds in which Slack may still carry out a request that was given up. */
  readonly settleMs: number
  /** Undefined while nothing can be delivered. */
  link(): SlackLink | undefined
  /** Slack refuses the key: nothing is delivered until the next config. */
  halt(failure: OtherFailure): void
}
