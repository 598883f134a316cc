import { type Entry, inOrder, mustNotify, type Place } from './entry.ts'
import type { LaneContents } from './lane-contents.ts'
import type { MessageRecord } from './message-record.ts'

interface Due {
  /** Earliest time of the step, milliseconds since 1970. */
  readonly readyMs: number
  /** Place of its first event, which orders the steps that are due. */
  readonly first: Place
  /** End of quiet hours or of a digest that hold the step, milliseconds since 1970; 0: none does. */
  readonly heldMs: number
  /** Absent in a digest. */
  readonly subject?: string | undefined
}

export interface PostStep extends Due {
  readonly kind: 'post'
  readonly entries: readonly Entry[]
  /** Record of an earlier attempt that was not done. */
  readonly record?: MessageRecord
}

export interface EditStep extends Due {
  readonly kind: 'edit'
  readonly entries: readonly Entry[]
  readonly record: MessageRecord
}

/** Looks for a message in Slack before it is posted again. */
export interface FindStep extends Due {
  readonly kind: 'find'
  readonly record: MessageRecord
}

/** One call for a channel. */
export type LaneStep = PostStep | EditStep | FindStep

/** Earliest times of calls of each kind and of the next edit of a message; milliseconds since 1970. */
export interface LaneGates {
  readonly postMs: number
  readonly editMs: number
  readonly findMs: number
  readonly editedAgainMs: (record: MessageRecord) => number
  /** Milliseconds in which Slack may still carry out an attempt that was given up. */
  readonly settleMs: number
  readonly nowMs: number
}

/**
 * All steps of a channel, the earliest first; pure. A group has one step at a time, so its messages keep their order. A
 * message takes all events of its group until it is posted, then those accepted before its window closes.
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
 * Keeps messages about one subject in the order of their events: a message that waits for Slack delays later ones of
 * all groups. A held message delays none, and neither does an edit, whose message already stands above.
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

/** Place of the first event of a message, which may have left the outbox. */
function firstOf({ gathered }: MessageRecord, [waiting]: readonly Entry[]): Place {
  const atMs = gathered.events[0]?.acceptedMs
  if (atMs === undefined) return waiting ?? { atMs: 0, place: 0 }
  return waiting && inOrder(waiting, { atMs, place: 0 }) < 0 ? waiting : { atMs, place: 0 }
}

/** Entries held for quiet hours go when the hours end, or with an entry that is not held. */
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
