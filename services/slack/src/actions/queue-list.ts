import type { Deliverer } from '../delivery/deliverer.ts'
import { type Entry, inOrder } from '../outbox/entry.ts'
import type { LaneContents } from '../outbox/lane-contents.ts'
import { UNRESOLVED } from '../outbox/outbox.ts'

/** Most messages listed per channel. */
const SHOWN_MAX = 100
const ABSENT = 'the bot is not in this channel: invite it there with /invite, or correct the name'
const NOWHERE = 'the bot is in no channel: invite it with /invite'

/** The channels in which something waits or is held up. `Reason`: why all delivery is stopped; else empty. */
export async function listQueue(deliverer: Deliverer) {
  const { outbox, halted } = deliverer
  const channels = await unresolved(deliverer)
  for (const channel of await outbox.channels()) {
    if (channel === UNRESOLVED) continue
    const lane = await outbox.look(channel)
    const name = deliverer.nameOf(channel)
    const found = queued(lane, name, [...lane.entries.values()].sort(inOrder), lane.state.parked?.reason ?? '')
    if (found.Waiting > 0 || found.Messages.length > 0 || found.Parked !== '') channels.push(found)
  }
  const muted = await deliverer.mutes.list()
  return {
    Delivering: halted === undefined,
    Reason: halted?.reason ?? '',
    Channels: channels,
    Muted: muted.map(({ kind, name, untilMs }) => ({ Kind: kind, Name: name, Until: new Date(untilMs).toISOString() })),
  }
}

/** Channels of the params that the bot is not in, also without events, and events whose channel is unknown. */
async function unresolved({ outbox, directory, absent, reasons }: Deliverer) {
  const lane = await outbox.look(UNRESOLVED)
  const waiting = new Map<string, Entry[]>(absent.map((name) => [name, []]))
  for (const entry of [...lane.entries.values()].sort(inOrder)) {
    const wanted = entry.wanted ?? ''
    waiting.set(wanted, [...(waiting.get(wanted) ?? []), entry])
  }
  return [...waiting].map(([wanted, entries]) => {
    const reason = wanted === '' ? NOWHERE : (reasons.get(wanted) ?? ABSENT)
    return queued(lane, wanted || 'all', entries, directory ? reason : 'Slack has not been reached yet')
  })
}

/** `entries`: events in no message yet. `parked`: the reason that holds up the channel, as Slack's code or in words. */
function queued({ channel, records, state }: LaneContents, name: string, entries: readonly Entry[], parked: string) {
  const [first] = entries
  // Parked messages, and messages whose post has an unknown outcome.
  const shown = [...records.values()].filter(({ state }) => state !== 'posted').slice(0, SHOWN_MAX)
  return {
    Channel: channel,
    Name: name,
    Waiting: entries.length,
    /** RFC 3339, of the oldest waiting event; empty if none waits. */
    WaitingSince: first ? new Date(first.atMs).toISOString() : '',
    Parked: parked,
    /** Events dropped because too many waited. */
    Dropped: state.dropped?.count ?? 0,
    Messages: shown.map(({ id, state, reason = '', gathered, batch }) => ({
      Id: id,
      State: state,
      Reason: reason,
      Events: state === 'sending' ? batch.length : gathered.total,
      /** The line of its newest event. */
      Line: gathered.events.at(-1)?.line ?? '',
    })),
  }
}
