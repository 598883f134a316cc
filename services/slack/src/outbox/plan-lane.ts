import { type Entry, inOrder, mustBroadcast, mustNotify, type Place } from './entry.ts'
import type { CallKind, LaneContents } from './lane-contents.ts'
import { type MessageRecord, newRecord } from './message-record.ts'

/** One call for a channel. A `find` looks for a message in Slack before it is posted again. */
export interface LaneStep {
  readonly kind: CallKind
  readonly record: MessageRecord
  /** Events that the call adds to the message. */
  readonly entries: readonly Entry[]
  /** Earliest time of the step, milliseconds since 1970. */
  readonly readyMs: number
  /** Place of its first event, which orders the steps that are due. */
  readonly first: Place
  /** End of quiet hours or of a digest that hold the step, milliseconds since 1970; 0: none does. */
  readonly heldMs: number
}

export interface LaneGates {
  /** Earliest next call of each kind by the pace, milliseconds since 1970. */
  openMs(kind: CallKind): number
  /** Milliseconds in which Slack may still carry out an attempt that was given up. */
  readonly settleMs: number
  readonly nowMs: number
}

/**
 * All steps of a channel, the earliest first; pure. A group has one step at a time, so its messages keep their order. A
 * message takes all events of its group until it is posted, then those accepted before its window closes.
 */
export function planLane({ channel, entries, records, state }: LaneContents, gates: LaneGates): readonly LaneStep[] {
  const openMs = (kind: CallKind) => Math.max(gates.nowMs, gates.openMs(kind), state.notBeforeMs?.[kind] ?? 0)
  const groups = new Map<string, [Entry, ...Entry[]]>()
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
    if (record.unsureSinceMs === undefined) steps.push(postStep(record, waiting, openMs('post')))
    else {
      const readyMs = Math.max(openMs('find'), record.gaveUpMs + gates.settleMs)
      steps.push({ kind: 'find', record, entries: [], readyMs, first: firstOf(record, waiting), heldMs: 0 })
    }
  }
  for (const [group, waiting] of groups) {
    if (busy.has(group)) continue
    const open = openMessage(records.values(), waiting[0])
    if (open && !mustNotify(open.gathered, waiting) && !mustBroadcast(open, waiting))
      steps.push(editStep(open, waiting, openMs('edit')))
    else steps.push(postStep(newRecord(channel, waiting[0]), waiting, openMs('post')))
  }
  const edited = new Set(steps.map(({ record }) => record.id))
  for (const record of records.values()) {
    if (!record.isStale || record.state !== 'posted' || edited.has(record.id)) continue
    const readyMs = Math.max(openMs('edit'), record.editableMs ?? 0)
    steps.push({ kind: 'edit', record, entries: [], readyMs, first: firstOf(record, []), heldMs: 0 })
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
      const { heldMs, record } = step
      if (record.subject === undefined || step.kind === 'edit') return step
      const readyMs = Math.max(step.readyMs, untilMs.get(record.subject) ?? 0)
      if (heldMs <= nowMs) untilMs.set(record.subject, readyMs)
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
function postStep(record: MessageRecord, entries: readonly Entry[], openMs: number): LaneStep {
  const [first] = entries
  const digestMs = first?.isDigest ? first.atMs + first.windowMs : 0
  const heldMs = Math.max(heldUntil(entries), digestMs)
  return { kind: 'post', record, entries, readyMs: Math.max(openMs, heldMs), first: firstOf(record, entries), heldMs }
}

function editStep(record: MessageRecord, waiting: readonly [Entry, ...Entry[]], openMs: number): LaneStep {
  const entries = waiting.filter(({ atMs }) => atMs < record.closesMs)
  const heldMs = heldUntil(entries)
  const readyMs = Math.max(openMs, record.editableMs ?? 0, heldMs)
  return { kind: 'edit', record, entries, readyMs, first: waiting[0], heldMs }
}

function heldUntil(entries: readonly Entry[]): number {
  return entries.length === 0 ? 0 : Math.min(...entries.map(({ notBeforeMs }) => notBeforeMs ?? 0))
}

function openMessage(records: Iterable<MessageRecord>, first: Entry): MessageRecord | undefined {
  let found: MessageRecord | undefined
  for (const record of records) {
    if (record.group !== first.group || record.state !== 'posted' || first.atMs >= record.closesMs) continue
    if (!found || record.attemptMs > found.attemptMs) found = record
  }
  return found
}
