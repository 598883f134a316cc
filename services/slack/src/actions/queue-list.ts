import type { Deliverer } from '../delivery/deliverer.ts'
import { type Entry, inOrder } from '../outbox/entry.ts'
import type { LaneContents } from '../outbox/lane-contents.ts'
import { UNRESOLVED } from '../outbox/outbox.ts'

/** Most messages listed per channel. */
const SHOWN_MAX = 100

export interface QueuedMessage {
  readonly Id: string
  readonly State: string
  readonly Reason: string
  readonly Events: number
  /** The line of its newest event. */
  readonly Line: string
}

export interface QueuedChannel {
  /** Id; `unresolved` if the bot is not in the channel, or Slack has not listed the channels yet. */
  readonly Channel: string
  readonly Name: string
  /** Count of events in no message yet. */
  readonly Waiting: number
  /** RFC 3339, of the oldest waiting event; empty if none waits. */
  readonly WaitingSince: string
  /** Reason that holds up the channel, as Slack's code or in words; empty if none does. */
  readonly Parked: string
  /** Parked messages, and messages whose post has an unknown outcome. */
  readonly Messages: readonly QueuedMessage[]
}

export interface QueueList {
  readonly Delivering: boolean
  /** Reason that stops delivery; else empty. */
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

/** Channels of the params that the bot is not in, also without events, and events whose channel is unknown. */
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
