import type { Logger } from '@powerbus/plugin-sdk'
import type { Clock } from '@powerbus/turns'
import type { WebClient } from '@slack/web-api'
import type { WaitingMax } from '../outbox/dropped-events.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { BuildOptions } from '../render/build-message.ts'
import type { OtherFailure } from '../slack/slack-failure.ts'
import type { Figures } from './figures.ts'
import type { WorkspacePace } from './workspace-pace.ts'

/** Access to Slack by the last config. */
export interface SlackLink extends Pick<BuildOptions, 'extraBlocks'> {
  readonly client: WebClient
  readonly paceMs: number
  /** Longest wait for an answer. */
  readonly timeoutMs: number
}

/** Shared by the lanes of all channels. */
export interface DeliveryContext {
  readonly outbox: Outbox
  readonly workspace: WorkspacePace
  readonly figures: Figures
  readonly log: Logger
  readonly signal: AbortSignal
  /** Milliseconds in which Slack may still carry out a request that was given up. */
  readonly settleMs: number
  readonly clock: Clock
  readonly waitingMax: WaitingMax
  /** Whether the bot is in this channel, and may read its history. */
  isMember(channel: string): boolean
  /** Undefined while nothing can be delivered. */
  link(): SlackLink | undefined
  /** Stops delivery until the next config, because Slack refuses the key. */
  halt(failure: OtherFailure): void
}
