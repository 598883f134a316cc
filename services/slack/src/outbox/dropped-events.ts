import { timeToken } from '../render/mrkdwn.ts'
import { type Entry, inOrder } from './entry.ts'

/** Most events that wait for a channel that cannot be posted to, and their size as JSON in UTF-16 units. */
export interface WaitingMax {
  readonly events: number
  readonly size: number
}

export const waitingMax: WaitingMax = { events: 1000, size: 2_000_000 }

/** Events that were dropped while a channel was parked. A process that is killed while it drops may count some twice. */
export interface DroppedEvents {
  readonly count: number
  /** Acceptance of the oldest and the newest, milliseconds since 1970. */
  readonly firstMs: number
  readonly lastMs: number
  readonly reason: string
}

/** The oldest entries beyond the limits. The newest entry is always kept. */
export function beyond(entries: Iterable<Entry>, max: WaitingMax): readonly Entry[] {
  const newestFirst = [...entries].sort(inOrder).reverse()
  let [kept, size] = [0, 0]
  for (const entry of newestFirst) {
    size += JSON.stringify(entry).length
    if (kept > 0 && (kept >= max.events || size > max.size)) break
    kept += 1
  }
  return newestFirst.slice(kept)
}

/** As JSON, in UTF-16 units. */
export function sizeOf(entries: Iterable<Entry>): number {
  return [...entries].reduce((sum, entry) => sum + JSON.stringify(entry).length, 0)
}

export function addDropped(before: DroppedEvents | undefined, more: readonly Entry[], reason: string): DroppedEvents {
  const times = [...(before ? [before.firstMs, before.lastMs] : []), ...more.map(({ atMs }) => atMs)]
  const [firstMs, lastMs] = [Math.min(...times), Math.max(...times)]
  return { count: (before?.count ?? 0) + more.length, firstMs, lastMs, reason }
}

/** The entry that says in the channel what was dropped, before the events that were kept. */
export function droppedNotice(channel: string, { count, firstMs, lastMs, reason }: DroppedEvents): Entry {
  const [from, to] = [firstMs, lastMs].map((ms) => timeToken(ms, '{date_short_pretty} {time_secs}'))
  const line = `*${count} ${count === 1 ? 'event was' : 'events were'} dropped* while this channel could not be posted to (${reason}), from ${from} to ${to}`
  return {
    id: `dropped-${firstMs}-${lastMs}-${count}`,
    atMs: firstMs,
    place: 0,
    subject: `dropped.${channel}`,
    group: `dropped ${firstMs}`,
    windowMs: 0,
    isDigest: false,
    event: {
      facts: {
        kind: 'other',
        outcome: 'none',
        severity: 'warning',
        type: 'slack',
        action: 'dropped',
        key: channel,
        timeMs: lastMs,
        principal: '',
        subject: 'dropped events',
      },
      severity: 'warning',
      line,
      acceptedMs: firstMs,
    },
  }
}
