import type { EventKind } from '../events/event-facts.ts'
import { type Gathered, nothingGathered } from '../render/gather-events.ts'
import type { Entry, Grouping } from './entry.ts'

/**
 * State of a message. `sending`: an attempt is recorded, its outcome is not. `waiting`: to be posted (again). `posted`:
 * in Slack, edited while its window is open. `parked`: Slack refuses it.
 */
export type MessageState = 'sending' | 'waiting' | 'posted' | 'parked'

export interface MessageRecord extends Grouping {
  /** Stands in the metadata of the message. */
  readonly id: string
  /** Absent in a digest. */
  readonly subject?: string
  readonly state: MessageState
  /** Content of the message; in state `sending` without the entries of `batch`. */
  readonly gathered: Gathered
  /** Ids of the entries of the last attempt, which are removed once the message has them. */
  readonly batch: readonly string[]
  /** Timestamp of the message that this one answers. */
  readonly threadTs?: string
  /** Time before the last attempt to post it, milliseconds since 1970. */
  readonly attemptMs: number
  /** Time at which the last attempt was given up, or at the latest will be; milliseconds since 1970. */
  readonly gaveUpMs: number
  /** Time before the first attempt of unknown outcome; absent if no attempt can have been done. */
  readonly unsureSinceMs?: number
  /** Events accepted before this time belong to the message; milliseconds since 1970. */
  readonly closesMs: number
  /** Slack's timestamp, once posted. */
  readonly ts?: string
  /** Earliest next edit, milliseconds since 1970. */
  readonly editableMs?: number
  /** Of the first message of a thread: kinds of events whose last outcome in the thread is a failure. */
  readonly failing?: readonly EventKind[]
  /** Of the first message of a thread: time since which nothing fails any more, milliseconds since 1970. */
  readonly wellMs?: number
  /** The message in Slack does not show `wellMs` as it is. */
  readonly isStale?: boolean
  /** Slack refused its blocks, so it is sent as text. */
  readonly isPlain?: boolean
  /** Reason of a parked message. */
  readonly reason?: string
}

/** Record of a message without an attempt, whose first entry this is. */
export function newRecord(channel: string, { id, group, subject, isDigest, thread, mention }: Entry): MessageRecord {
  return {
    id: `${channel}-${id}`,
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

/** The record that is stored before an attempt to post it at `nowMs` with these entries. */
export function attempted(
  { threadTs: _, ...base }: MessageRecord,
  entries: readonly Entry[],
  { threadTs, nowMs, timeoutMs }: { threadTs: string | undefined; nowMs: number; timeoutMs: number },
): MessageRecord {
  return {
    ...base,
    state: 'sending',
    batch: entries.map(({ id }) => id),
    attemptMs: nowMs,
    gaveUpMs: nowMs + timeoutMs,
    closesMs: base.isDigest ? 0 : nowMs + (entries[0]?.windowMs ?? 0),
    ...(threadTs !== undefined && { threadTs }),
  }
}
