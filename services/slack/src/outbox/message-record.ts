import { hashOf } from '../events/event-identity.ts'
import { type Gathered, nothingGathered } from '../render/gather-events.ts'
import type { Entry } from './entry.ts'

/**
 * One message in Slack, or on its way there.
 * `sending`: an attempt was recorded before it was made, and how it ended is not recorded. `waiting`: to be sent (again).
 * `posted`: it is there, and may be edited while its window is open. `parked`: Slack will not have it.
 */
export type MessageState = 'sending' | 'waiting' | 'posted' | 'parked'

export interface MessageRecord {
  /** In the metadata of the message. */
  readonly id: string
  readonly group: string
  /** What it is about; a digest is about all. */
  readonly subject?: string
  readonly state: MessageState
  /** What is in it, without the entries of `batch` while it is being sent. */
  readonly gathered: Gathered
  /** Ids of the entries of the last attempt; the entries are removed when the message has them. */
  readonly batch: readonly string[]
  readonly isDigest: boolean
  readonly thread?: string
  readonly mention?: string
  /** Timestamp of the message that it answers. */
  readonly threadTs?: string
  /** Before the last attempt to post it; milliseconds since 1970. */
  readonly attemptMs: number
  /** When the last attempt was given up; until that is known, when it is given up at the latest. Milliseconds since 1970. */
  readonly gaveUpMs: number
  /** Before the first one whose outcome is not known; absent where no attempt can have been done. */
  readonly unsureSinceMs?: number
  /** Events accepted before belong to it; milliseconds since 1970. */
  readonly closesMs: number
  /** Slack's timestamp, once it is posted. */
  readonly ts?: string
  /** Why it is parked. */
  readonly reason?: string
}

/** Record of a message that was never tried. */
export function newRecord(channel: string, { id, group, subject, isDigest, thread, mention }: Entry): MessageRecord {
  return {
    id: hashOf([channel, group, id]),
    group,
    ...(!isDigest && { subject }),
    state: 'waiting',
    gathered: nothingGathered,
    batch: [],
    isDigest,
    ...(thread !== undefined && { thread }),
    ...(mention !== undefined && { mention }),
    attemptMs: 0,
    gaveUpMs: 0,
    closesMs: 0,
  }
}

export interface Attempt {
  readonly entries: readonly Entry[]
  /** Of the message that it answers. */
  readonly threadTs: string | undefined
  readonly nowMs: number
  readonly timeoutMs: number
}

/** The record as it is written before an attempt to post it. */
export function attempted(base: MessageRecord, { entries, threadTs, nowMs, timeoutMs }: Attempt): MessageRecord {
  const { threadTs: _, ...rest } = base
  return {
    ...rest,
    state: 'sending',
    batch: entries.map(({ id }) => id),
    attemptMs: nowMs,
    gaveUpMs: nowMs + timeoutMs,
    closesMs: base.isDigest ? 0 : nowMs + (entries[0]?.windowMs ?? 0),
    ...(threadTs !== undefined && { threadTs }),
  }
}
