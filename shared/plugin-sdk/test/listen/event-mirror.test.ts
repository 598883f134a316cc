import { test } from 'tap'
import { mirroredEvent } from '../../src/listen/event-mirror.ts'

const event = {
  Time: '2026-01-01T00:00:00.123456789Z',
  Type: 'machines',
  Action: 'save',
  Key: 'u1',
  Principal: 'user:x',
  Object: { Name: 'a', Meta: { b: 1, c: [1, { d: 2, e: 3 }] } },
  Original: null,
}

test('the id of a mirrored event follows from all that is in it, in whatever order', async (t) => {
  const id = mirroredEvent(event)?.id
  t.match(id, /^drp-[0-9a-f]{48}$/)
  const turned = { ...event, Object: { Meta: { c: [1, { e: 3, d: 2 }], b: 1 }, Name: 'a' } }
  t.equal(mirroredEvent(turned)?.id, id)
  const others = [
    { Time: '2026-01-01T00:00:00.123456780Z' },
    { Type: 'plugins' },
    { Action: 'create' },
    { Key: 'u2' },
    { Principal: 'user:y' },
    { Object: { Name: 'b' } },
    { Original: {} },
  ].map((change) => mirroredEvent({ ...event, ...change })?.id)
  t.equal(new Set([id, ...others]).size, others.length + 1)
})

test('log lines, events of a bus, and what no subject can say are not mirrored', async (t) => {
  for (const change of [{ Type: 'log' }, { Type: 'websocket' }, { Id: 'x' }, { Key: 'k'.repeat(257) }]) {
    t.equal(mirroredEvent({ ...event, ...change }), undefined)
  }
})
