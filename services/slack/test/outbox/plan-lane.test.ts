import { test } from 'tap'
import { eventFacts } from '../../src/events/event-facts.ts'
import type { Entry } from '../../src/outbox/entry.ts'
import { type CallKind, emptyLane } from '../../src/outbox/lane-contents.ts'
import type { MessageRecord } from '../../src/outbox/message-record.ts'
import { type LaneGates, planLane } from '../../src/outbox/plan-lane.ts'
import { nothingGathered } from '../../src/render/gather-events.ts'
import { actionEvent } from '../slack-world.ts'

const gates: LaneGates = { openMs: () => 0, settleMs: 500, nowMs: 0 }

function entry(id: string, atMs: number, more: Partial<Entry> = {}): Entry {
  const event = { facts: eventFacts(actionEvent('n'), atMs), severity: 'good', line: id } as const
  return {
    id,
    atMs,
    place: 0,
    subject: `of ${more.group ?? 'g'}`,
    group: 'g',
    windowMs: 60_000,
    isDigest: false,
    event,
    ...more,
  }
}

function record(id: string, more: Partial<MessageRecord>): MessageRecord {
  const base = {
    group: 'g',
    subject: 'of g',
    state: 'posted',
    gathered: nothingGathered,
    batch: [],
    isDigest: false,
  } as const
  return { id, ...base, attemptMs: 0, gaveUpMs: 0, closesMs: 0, ...more }
}

function plan(entries: readonly Entry[], records: readonly MessageRecord[] = [], by: Partial<LaneGates> = {}) {
  const lane = emptyLane('C1')
  for (const one of entries) lane.entries.set(one.id, one)
  for (const one of records) lane.records.set(one.id, one)
  return planLane(lane, { ...gates, ...by }).map((step) => ({
    kind: step.kind,
    readyMs: step.readyMs,
    ids: step.entries.map(({ id }) => id).join(),
  }))
}

/** Calls of this kind are open from then on, others at once. */
const only = (kind: CallKind, ms: number) => (other: CallKind) => (other === kind ? ms : 0)

test('the events of a group make one post, in order of acceptance; the group with the oldest event comes first', async (t) => {
  const entries = [entry('c', 30), entry('a', 10), entry('x', 20, { group: 'h' }), entry('b', 10, { place: 1 })]
  t.same(plan(entries), [
    { kind: 'post', readyMs: 0, ids: 'a,b,c' },
    { kind: 'post', readyMs: 0, ids: 'x' },
  ])
})

test('an open message is edited with the events of its window; later events make the next message', async (t) => {
  const open = record('m', { closesMs: 100 })
  t.same(plan([entry('a', 50), entry('b', 150)], [open]), [{ kind: 'edit', readyMs: 0, ids: 'a' }])
  t.same(plan([entry('b', 150)], [open]), [{ kind: 'post', readyMs: 0, ids: 'b' }])
})

test('held events wait for the end of the quiet hours, or go with an event of their group that is not held', async (t) => {
  t.same(plan([entry('a', 10, { notBeforeMs: 900 }), entry('b', 20, { notBeforeMs: 800 })]), [
    { kind: 'post', readyMs: 800, ids: 'a,b' },
  ])
  t.same(plan([entry('a', 10, { notBeforeMs: 900 }), entry('b', 20)]), [{ kind: 'post', readyMs: 0, ids: 'a,b' }])
  const open = record('m', { closesMs: 100 })
  t.same(plan([entry('a', 10, { notBeforeMs: 900 })], [open]), [{ kind: 'edit', readyMs: 900, ids: 'a' }])
})

test('a digest is posted when its time is over', async (t) => {
  t.same(
    plan([entry('a', 10, { isDigest: true, windowMs: 300 }), entry('b', 200, { isDigest: true, windowMs: 300 })]),
    [{ kind: 'post', readyMs: 310, ids: 'a,b' }],
  )
})

test('a post of unknown outcome is looked up before its group goes on, after Slack has had time to carry it out', async (t) => {
  const unsure = record('m', { state: 'sending', attemptMs: 900, gaveUpMs: 1000, unsureSinceMs: 900, batch: ['a'] })
  t.same(plan([entry('a', 10), entry('b', 20), entry('x', 30, { group: 'h' })], [unsure]), [
    { kind: 'post', readyMs: 0, ids: 'x' },
    { kind: 'find', readyMs: 1500, ids: '' },
  ])
})

test('edits of one message are three paces apart, over restarts', async (t) => {
  const edited = record('m', { closesMs: 100, editableMs: 3000 })
  t.same(plan([entry('a', 50)], [edited]), [{ kind: 'edit', readyMs: 3000, ids: 'a' }])
  const another = record('o', { closesMs: 100, group: 'h' })
  t.equal(plan([entry('x', 60, { group: 'h' })], [edited, another])[0]?.readyMs, 0)
})

test('a Retry-After that the store keeps holds for calls of its kind', async (t) => {
  const lane = emptyLane('C1')
  lane.entries.set('a', entry('a', 50))
  lane.state = { notBeforeMs: { post: 4000, edit: 9000 } }
  t.equal(planLane(lane, gates)[0]?.readyMs, 4000)
})

test('a 429 to posts delays no edit, and a 429 to edits no post', async (t) => {
  const open = record('m', { closesMs: 100 })
  const entries = [entry('a', 50), entry('x', 60, { group: 'h' })]
  t.equal(plan(entries, [open], { openMs: only('post', 5000) })[0]?.kind, 'edit')
  t.equal(plan(entries, [open], { openMs: only('edit', 5000) })[0]?.kind, 'post')
})

test('a parked message delays no other', async (t) => {
  const parked = record('m', { state: 'parked', closesMs: 1_000_000 })
  t.same(plan([entry('a', 50)], [parked]), [{ kind: 'post', readyMs: 0, ids: 'a' }])
})

const same = { subject: 'node-01' }

test('a message that waits for Slack delays later ones about the same subject in all groups', async (t) => {
  const later = [entry('b', 20, { ...same, group: '@here' }), entry('x', 30, { group: 'h' })]
  const limited = record('m', { ...same, state: 'waiting', attemptMs: 500 })
  t.same(plan([entry('a', 10, same), ...later], [limited], { openMs: only('post', 700), nowMs: 600 }), [
    { kind: 'post', readyMs: 700, ids: 'a' },
    { kind: 'post', readyMs: 700, ids: 'b' },
    { kind: 'post', readyMs: 700, ids: 'x' },
  ])
  const unsure = record('m', { ...same, state: 'sending', attemptMs: 500, gaveUpMs: 600, unsureSinceMs: 500 })
  t.same(plan([entry('a', 10, same), ...later], [unsure], { nowMs: 600 }), [
    { kind: 'post', readyMs: 600, ids: 'x' },
    { kind: 'find', readyMs: 1100, ids: '' },
    { kind: 'post', readyMs: 1100, ids: 'b' },
  ])
})

test('a retried message that was parked comes before later ones', async (t) => {
  const event = { ...entry('a', 10).event, acceptedMs: 10 }
  const again = record('m', { state: 'waiting', gathered: { events: [event], total: 1, failed: 0 }, group: 'old' })
  t.same(plan([entry('b', 20)], [again]), [
    { kind: 'post', readyMs: 0, ids: '' },
    { kind: 'post', readyMs: 0, ids: 'b' },
  ])
})

test('a held message delays no other', async (t) => {
  const held = entry('a', 10, { ...same, notBeforeMs: 900 })
  const critical = entry('b', 20, { ...same, group: '@here' })
  t.same(plan([held, critical], [], { nowMs: 50 }), [
    { kind: 'post', readyMs: 50, ids: 'b' },
    { kind: 'post', readyMs: 900, ids: 'a' },
  ])
  t.same(plan([held, critical], [], { nowMs: 950 }), [
    { kind: 'post', readyMs: 950, ids: 'a' },
    { kind: 'post', readyMs: 950, ids: 'b' },
  ])
})

test('the first failure with a mention makes a message of its own; later ones are edits', async (t) => {
  const failed = (id: string, atMs: number, more: Partial<Entry> = { mention: '<!here>' }) => {
    const { event } = entry(id, atMs)
    return entry(id, atMs, { ...more, event: { ...event, facts: { ...event.facts, outcome: 'failed' } } })
  }
  const done = entry('d', 50, { mention: '<!here>' })
  const open = (failures: number) =>
    record('m', { closesMs: 100, gathered: { events: [], total: failures, failed: failures }, mention: '<!here>' })
  t.equal(plan([failed('a', 50)], [open(0)])[0]?.kind, 'post')
  t.equal(plan([failed('a', 50)], [open(1)])[0]?.kind, 'edit')
  t.equal(plan([done], [open(0)])[0]?.kind, 'edit')
  t.equal(plan([done], [open(1)])[0]?.kind, 'edit')
  t.equal(plan([failed('a', 50, {})], [open(0)])[0]?.kind, 'edit')
})
