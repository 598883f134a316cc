import type { Deliverer } from '../delivery/deliverer.ts'
import { inOrder } from '../outbox/entry.ts'
import type { LaneContents } from '../outbox/lane-contents.ts'
import { UNRESOLVED } from '../outbox/outbox.ts'

/** Of each list, so that an answer stays small. */
const SHOWN_MAX = 100

export interface QueuedMessage {
  readonly Id: string
  readonly State: string
  readonly Reason: string
  readonly Events: number
  /** Of its newest event, as it stands in the message. */
  readonly Line: string
}

export interface QueuedChannel {
  readonly Channel: string
  readonly Name: string
  /** Events that are in no message yet. */
  readonly Waiting: number
  /** RFC 3339, of the one that waits for the longest time; empty where none does. */
  readonly WaitingSince: string
  /** Why nothing goes there: Slack's code; empty where all is well. */
  readonly Parked: string
  /** Parked ones, and those of which it is not known yet whether they were posted. */
  readonly Messages: readonly QueuedMessage[]
}

export interface QueueList {
  readonly Delivering: boolean
  /** Why not. */
  readonly Reason: string
  readonly Channels: readonly QueuedChannel[]
}

export async function listQueue(deliverer: Deliverer): Promise<QueueList> {
  const channels: QueuedChannel[] = []
  for (const channel of await deliverer.outbox.channels()) {
    const found = queued(channel, await deliverer.outbox.look(channel), deliverer)
    if (found.Waiting > 0 || found.Messages.length > 0 || found.Parked !== '') channels.push(found)
  }
  const { halted } = deliverer
  return { Delivering: halted === undefined, Reason: halted?.reason ?? '', Channels: channels }
}

function queued(channel: string, lane: LaneContents, { directory }: Deliverer): QueuedChannel {
  const entries = [...lane.entries.values()].sort(inOrder)
  const [first] = entries
  const told = [...lane.records.values()].filter(({ state }) => state !== 'posted')
  return {
    Channel: channel,
    Name: channel === UNRESOLVED ? wantedOf(lane) : (directory?.find(({ id }) => id === channel)?.name ?? ''),
    Waiting: entries.length,
    WaitingSince: first ? new Date(first.atMs).toISOString() : '',
    Parked:
      channel === UNRESOLVED
        ? 'the bot is not in this channel, or Slack has not been reached yet'
        : (lane.state.parked?.reason ?? ''),
    Messages: told.slice(0, SHOWN_MAX).map(({ id, state, reason = '', gathered, batch }) => ({
      Id: id,
      State: state,
      Reason: reason,
      Events: state === 'sending' ? batch.length : gathered.total,
      Line: gathered.events.at(-1)?.line ?? '',
    })),
  }
}

function wantedOf({ entries }: LaneContents): string {
  return [...new Set([...entries.values()].map(({ wanted }) => wanted || 'all'))].join(', ')
}
