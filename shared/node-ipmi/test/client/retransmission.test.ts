import { test } from 'tap'
import { DueQueue } from '../../src/client/due-queue.ts'
import { literalAddress } from '../../src/client/literal-address.ts'
import { FIRST_TIMEOUT_MS, retransmitDelayMs } from '../../src/client/retransmission.ts'
import { RoundTrip } from '../../src/client/round-trip.ts'

test('time-outs follow the round trip and back off', async (t) => {
  const fast = new RoundTrip()
  const slow = new RoundTrip()
  for (let i = 0; i < 20; i++) {
    fast.sample(0.5)
    slow.sample(450)
  }
  const unknown = new RoundTrip()
  t.equal(retransmitDelayMs(0, fast, unknown, 0), 20)
  t.ok(retransmitDelayMs(0, slow, unknown, 0) > 450)
  t.equal(retransmitDelayMs(0, unknown, unknown, 0), FIRST_TIMEOUT_MS)
  t.ok(retransmitDelayMs(0, unknown, fast, 0) <= 50, 'a neighbour is fast')
  t.equal(retransmitDelayMs(1, unknown, fast, 0), FIRST_TIMEOUT_MS, 'once')
  t.ok(retransmitDelayMs(3, fast, unknown, 0) > retransmitDelayMs(1, fast, unknown, 0))
  t.ok(retransmitDelayMs(0, fast, unknown, 0.99) > 20, 'jitter')
})

test('a backed-off time-out is kept until an unambiguous sample', async (t) => {
  const roundTrip = new RoundTrip()
  roundTrip.sample(1)
  roundTrip.keepBackedOff(700)
  t.equal(roundTrip.timeoutMs, 700)
  roundTrip.sample(1)
  t.ok(roundTrip.timeoutMs < 100)
})

test('the entry due first comes first after entries were moved and removed', async (t) => {
  const queue = new DueQueue<{ dueMs: number; place: number }>()
  const entries = Array.from({ length: 500 }, () => ({ dueMs: 0, place: -1 }))
  entries.forEach((entry, i) => {
    queue.schedule(entry, (i * 7919) % 1009)
  })
  entries.forEach((entry, i) => {
    if (i % 3 === 0) queue.schedule(entry, (i * 104729) % 997)
    if (i % 5 === 0) queue.remove(entry)
  })
  const order = []
  for (let first = queue.first; first !== undefined; first = queue.first) {
    order.push(first.dueMs)
    queue.remove(first)
  }
  t.equal(order.length, 400)
  t.same(
    order,
    [...order].sort((a, b) => a - b),
  )
})

test('literalAddress gives one canonical form for all spellings of an address', async (t) => {
  t.same(literalAddress('127.0.0.1'), { address: '127.0.0.1', family: 4 })
  t.same(literalAddress('0:0:0:0:0:0:0:1'), { address: '::1', family: 6 })
  t.same(literalAddress('FE80::0001%eth0'), { address: 'fe80::1%eth0', family: 6 })
  t.same(literalAddress('::ffff:10.0.0.1'), { address: '10.0.0.1', family: 4 })
  t.equal(literalAddress('bmc.example'), undefined)
})
