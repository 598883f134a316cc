import type { DroppedEvents } from './dropped-events.ts'
import type { Entry } from './entry.ts'
import type { MessageRecord } from './message-record.ts'

/** Slack limits each kind by itself: posts, edits, and look-ups of a message. */
export type CallKind = 'post' | 'edit' | 'find'

/** State of a channel besides its entries and messages. */
export interface LaneState {
  /** Slack refuses this channel; nothing is tried until slackretry or a config unparks it. */
  readonly parked?: { readonly reason: string; readonly sinceMs: number }
  /** Events dropped since it was parked; said in the channel when it is no longer parked. */
  readonly dropped?: DroppedEvents
  /** Earliest next call of each kind, from Retry-After. Milliseconds since 1970. */
  readonly notBeforeMs?: Readonly<Partial<Record<CallKind, number>>>
}

/** The stored contents of one channel. */
export interface LaneContents {
  readonly channel: string
  /** By their ids. */
  readonly entries: Map<string, Entry>
  /** By their ids. */
  readonly records: Map<string, MessageRecord>
  /** Timestamp of the first message of each thread, by subject. */
  readonly threads: Map<string, string>
  state: LaneState
}

export function emptyLane(channel: string): LaneContents {
  return { channel, entries: new Map(), records: new Map(), threads: new Map(), state: {} }
}

export interface LaneFigures {
  /** Events in no message yet. */
  readonly waiting: number
  /** Messages that Slack refuses. */
  readonly parked: number
  /** Slack refuses the whole channel. */
  readonly isParked: boolean
}

export function figuresOf({ entries, records, state }: LaneContents): LaneFigures {
  const parked = [...records.values()].filter((record) => record.state === 'parked').length
  return { waiting: entries.size, parked, isParked: state.parked !== undefined }
}
