import { type Entry, inOrder } from './entry.ts'
import type { LaneContents } from './lane-contents.ts'
import type { MessageRecord } from './message-record.ts'

interface Due {
  /** From when on it can be taken, and what comes first among those that can; milliseconds since 1970. */
  readonly readyMs: number
  readonly orderMs: number
}

export interface PostStep extends Due {
  readonly kind: 'post'
  readonly entries: readonly Entry[]
  /** Of an attempt that was not done. */
  readonly record?: MessageRecord
}

export interface EditStep extends Due {
  readonly kind: 'edit'
  readonly entries: readonly Entry[]
  readonly record: MessageRecord
}

/** Looks whether a message is there before it is posted again. */
export interface FindStep extends Due {
  readonly kind: 'find'
  readonly record: MessageRecord
}

/** What is to be done in a channel. */
export type LaneStep = PostStep | EditStep | FindStep

/** Milliseconds since 1970 from which on a method may be called for this channel, and a message be edited again. */
export interface LaneGates {
  readonly postMs: number
  readonly editMs: number
  readonly findMs: number
  readonly editedAgainMs: (record: MessageRecord) => number
  /** Longest time in which Slack may still carry out an attempt that was given up. */
  readonly settleMs: number
}

/**
 * Every step there is, the one that can be taken first in front; pure. A group has one step at a time, so its messages keep their
 * order. Until it is posted, a message takes in all that comes for its group; then what comes before its window closes.
 */
export function planLane({ entries, records }: LaneContents, gates: LaneGates): readonly LaneStep[] {
  const groups = new Map<string, Entry[]>()
  for (const entry of [...entries.values()].sort(inOrder)) {
    const group = groups.get(entry.group)
    if (group) group.push(entry)
    else groups.set(entry.group, [entry])
  }
  const steps: LaneStep[] = []
  const busy = new Set<string>()
  for (const record of records.values()) {
    if (record.state !== 'sending' && record.state !== 'waiting') continue
    busy.add(record.group)
    const orderMs = record.attemptMs
    if (record.unsureSinceMs !== undefined) {
      const readyMs = Math.max(gates.findMs, record.gaveUpMs + gates.settleMs)
      steps.push({ kind: 'find', record, readyMs, orderMs })
    } else steps.push({ ...postStep(groups.get(record.group) ?? [], gates), record, orderMs })
  }
  for (const [group, waiting] of groups) {
    if (busy.has(group)) continue
    const first = waiting[0]
    const open = first && openMessage(records.values(), group, first)
    if (!first) continue
    if (open === undefined) steps.push(postStep(waiting, gates))
    else steps.push(editStep(waiting, open, gates))
  }
  return steps.sort((one, other) => one.readyMs - other.readyMs || one.orderMs - other.orderMs)
}

/** What is held for quiet hours joins when they end, or when something goes that is not held. */
function postStep(waiting: readonly Entry[], gates: LaneGates): PostStep {
  const [first] = waiting
  const heldMs = Math.min(...waiting.map(({ notBeforeMs }) => notBeforeMs ?? 0))
  const digestMs = first?.isDigest ? first.atMs + first.windowMs : 0
  const readyMs = Math.max(gates.postMs, waiting.length > 0 ? heldMs : 0, digestMs)
  return { kind: 'post', entries: waiting, readyMs, orderMs: first?.atMs ?? 0 }
}

function editStep(waiting: readonly Entry[], record: MessageRecord, gates: LaneGates): EditStep {
  const entries = waiting.filter(({ atMs }) => atMs < record.closesMs)
  const heldMs = Math.min(...entries.map(({ notBeforeMs }) => notBeforeMs ?? 0))
  const readyMs = Math.max(gates.editMs, gates.editedAgainMs(record), heldMs)
  return { kind: 'edit', entries, record, readyMs, orderMs: waiting[0]?.atMs ?? 0 }
}

function openMessage(records: Iterable<MessageRecord>, group: string, first: Entry): MessageRecord | undefined {
  let found: MessageRecord | undefined
  for (const record of records) {
    if (record.group !== group || record.state !== 'posted' || first.atMs >= record.closesMs) continue
    if (!found || record.attemptMs > found.attemptMs) found = record
  }
  return found
}
