import type { Deliverer } from '../delivery/deliverer.ts'
import { type Entry, inOrder } from '../outbox/entry.ts'
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
  /** Its id; `unresolved` where the bot is not in it, or Slack has not said yet which it is. */
  readonly Channel: string
  readonly Name: string
  /** Events that are in no message yet. */
  readonly Waiting: number
  /** RFC 3339, of the one that waits for the longest time; empty where none does. */
  readonly WaitingSince: string
  /** Why nothing goes there, Slack's code or in words; empty where all is well. */
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
  const channels = [...(await unresolved(deliverer))]
  for (const channel of await deliverer.outbox.channels()) {
    if (channel === UNRESOLVED) continue
    const found = queued(channel, await deliverer.outbox.look(channel), deliverer)
    if (found.Waiting > 0 || found.Messages.length > 0 || found.Parked !== '') channels.push(found)
  }
  const { halted } = deliverer
  return { Delivering: halted === undefined, Reason: halted?.reason ?? '', Channels: channels }
}

/** What waits for channels that are not known, by what an operator calls them; and channels that lack, although nothing waits yet. */
async function unresolved({ outbox, directory, absent }: Deliverer): Promise<readonly QueuedChannel[]> {
  const waiting = new Map<string, Entry[]>(absent.map((name) => [name, []]))
  for (const entry of [...(await outbox.look(UNRESOLVED)).entries.values()].sort(inOrder)) {
    const wanted = entry.wanted ?? ''
    waiting.set(wanted, [...(waiting.get(wanted) ?? []), entry])
  }
  return [...waiting].map(([wanted, entries]) => ({
    Channel: UNRESOLVED,
    Name: wanted || 'all',
    ...countOf(entries),
    Parked: directory ? (wanted === '' ? NOWHERE : ABSENT) : 'Slack has not been reached yet',
    Messages: [],
  }))
}

const ABSENT = 'the bot is not in this channel: invite it there with /invite, or correct the name'
const NOWHERE = 'the bot is in no channel: invite it with /invite'

function queued(channel: string, lane: LaneContents, { directory }: Deliverer): QueuedChannel {
  const told = [...lane.records.values()].filter(({ state }) => state !== 'posted')
  return {
    Channel: channel,
    Name: directory?.find(({ id }) => id === channel)?.name ?? '',
    ...countOf([...lane.entries.values()].sort(inOrder)),
    Parked: lane.state.parked?.reason ?? '',
    Messages: told.slice(0, SHOWN_MAX).map(({ id, state, reason = '', gathered, batch }) => ({
      Id: id,
      State: state,
      Reason: reason,
      Events: state === 'sending' ? batch.length : gathered.total,
      Line: gathered.events.at(-1)?.line ?? '',
    })),
  }
}

function countOf(entries: readonly Entry[]): Pick<QueuedChannel, 'Waiting' | 'WaitingSince'> {
  const [first] = entries
  return { Waiting: entries.length, WaitingSince: first ? new Date(first.atMs).toISOString() : '' }
}
