import type { Entry } from './entry.ts'
import type { LaneState } from './lane-state.ts'
import type { MessageRecord } from './message-record.ts'

/** All that is kept of one channel. */
export interface LaneContents {
  /** By their ids. */
  readonly entries: Map<string, Entry>
  /** By their ids. */
  readonly records: Map<string, MessageRecord>
  /** Timestamps of the first message of each thread. */
  readonly threads: Map<string, string>
  state: LaneState
}

export function emptyLane(): LaneContents {
  return { entries: new Map(), records: new Map(), threads: new Map(), state: {} }
}
