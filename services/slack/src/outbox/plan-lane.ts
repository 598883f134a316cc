import { type Entry, inOrder, mustNotify, type Place } from './entry.ts'
import type { LaneContents } from './lane-contents.ts'
import type { MessageRecord } from './message-record.ts'

interface Due {
  /** From when on it can be taken; milliseconds since 1970. */
  readonly readyMs: number
  /** Of its first event: what comes first among the steps that can be taken. */
  readonly first: Place
  /** Until when it is held on purpose (quiet hours, a digest), whatever Slack takes; 0: it is not. Milliseconds since 1970. */
  readonly heldMs: number
  /** Absent: all, in a digest. */
  readonly subject?: string | undefined
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
  readonly nowMs: number
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
    const waiting = groups.get(record.group) ?? []
    const [first, { subject }] = [firstOf(record, waiting), record]
    if (record.unsureSinceMs !== undefined) {
      const readyMs = Math.max(gates.nowMs, gates.findMs, record.gaveUpMs + gates.settleMs)
      steps.push({ kind: 'find', record, readyMs, first, subject, heldMs: 0 })
    } else steps.push({ ...postStep(waiting, gates), record, first, subject })
  }
  for (const [group, waiting] of groups) {
    if (busy.has(group)) continue
    const first = waiting[0]
    if (!first) continue
    const open = openMessage(records.values(), group, first)
    if (open === undefined || mustNotify(open.gathered, waiting)) steps.push(postStep(waiting, gates))
    else steps.push(editStep(waiting, open, gates))
  }
  return inTurn(steps, gates.nowMs)
}

/**
 * Messages about one subject are posted in the order of their events: what waits for Slack keeps back what came after it, in whichever
 * group. What is held on purpose does not, and neither does an edit: its message stands above already.
 */
function inTurn(steps: readonly LaneStep[], nowMs: number): readonly LaneStep[] {
  const untilMs = new Map<string, number>()
  const kept = steps
    .toSorted((one, other) => inOrder(one.first, other.first))
    .map((step) => {
      const { subject, heldMs } = step
      if (subject === undefined || step.kind === 'edit') return step
      const readyMs = Math.max(step.readyMs, untilMs.get(subject) ?? 0)
      if (heldMs <= nowMs) untilMs.set(subject, readyMs)
      return { ...step, readyMs }
    })
  return kept.sort((one, other) => one.readyMs - other.readyMs)
}

/** What a message began with: it may have left the outbox already. */
function firstOf({ gathered }: MessageRecord, [waiting]: readonly Entry[]): Place {
  const atMs = gathered.events[0]?.acceptedMs
  if (atMs === undefined) return waiting ?? { atMs: 0, place: 0 }
  return waiting && inOrder(waiting, { atMs, place: 0 }) < 0 ? waiting : { atMs, place: 0 }
}

/** What is held for quiet hours joins when they end, or when something goes that is not held. */
function postStep(waiting: readonly Entry[], gates: LaneGates): PostStep {
  const [first] = waiting
  const digestMs = first?.isDigest ? first.atMs + first.windowMs : 0
  const heldMs = Math.max(heldUntil(waiting), digestMs)
  const readyMs = Math.max(gates.nowMs, gates.postMs, heldMs)
  const subject = first?.isDigest ? undefined : first?.subject
  return { kind: 'post', entries: waiting, readyMs, first: first ?? { atMs: 0, place: 0 }, subject, heldMs }
}

function editStep(waiting: readonly Entry[], record: MessageRecord, gates: LaneGates): EditStep {
  const entries = waiting.filter(({ atMs }) => atMs < record.closesMs)
  const heldMs = heldUntil(entries)
  const readyMs = Math.max(gates.nowMs, gates.editMs, gates.editedAgainMs(record), heldMs)
  return { kind: 'edit', entries, record, readyMs, first: waiting[0] ?? { atMs: 0, place: 0 }, heldMs }
}

function heldUntil(entries: readonly Entry[]): number {
  return entries.length === 0 ? 0 : Math.min(...entries.map(({ notBeforeMs }) => notBeforeMs ?? 0))
}

function openMessage(records: Iterable<MessageRecord>, group: string, first: Entry): MessageRecord | undefined {
  let found: MessageRecord | undefined
  for (const record of records) {
    if (record.group !== group || record.state !== 'posted' || first.atMs >= record.closesMs) continue
    if (!found || record.attemptMs > found.attemptMs) found = record
  }
  return found
}
