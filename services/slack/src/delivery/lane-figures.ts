import type { LaneContents } from '../outbox/lane-contents.ts'

export interface LaneFigures {
  /** Events that are in no message yet. */
  readonly waiting: number
  /** Messages that Slack does not take. */
  readonly parked: number
  /** Slack takes nothing for this channel. */
  readonly isParked: boolean
}

export function figuresOf({ entries, records, state }: LaneContents): LaneFigures {
  const parked = [...records.values()].filter((record) => record.state === 'parked').length
  return { waiting: entries.size, parked, isParked: state.parked !== undefined }
}
