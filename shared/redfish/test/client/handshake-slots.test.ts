import { VirtualClock } from '@powerbus/testkit'
import { test } from 'tap'
import { HandshakeSlots } from '../../src/client/handshake-slots.ts'

test('64 handshakes are begun at once, and the others in their order as these end', async (t) => {
  const slots = new HandshakeSlots(new VirtualClock())
  const begun: number[] = []
  const ends: (() => void)[] = []
  for (let at = 0; at < 70; at++) {
    slots.enter((done) => {
      begun.push(at)
      ends.push(done)
    })
  }
  t.equal(begun.length, 64)
  ends[5]?.()
  ends[5]?.()
  t.same(begun.slice(64), [64], 'a slot is given back once')
  for (const end of ends.slice(0, 5)) end()
  t.same(begun.slice(64), [64, 65, 66, 67, 68, 69])
})

test('a handshake that hangs gives its slot to the next after 250 ms', async (t) => {
  const clock = new VirtualClock()
  const slots = new HandshakeSlots(clock)
  let begun = 0
  const begin = () => {
    begun += 1
  }
  for (let at = 0; at < 130; at++) slots.enter(begin)
  await clock.pass(249)
  t.equal(begun, 64)
  await clock.pass(1)
  t.equal(begun, 128)
  await clock.pass(250)
  t.equal(begun, 130)
})

test('one that leaves the queue is not begun', async (t) => {
  const clock = new VirtualClock()
  const slots = new HandshakeSlots(clock)
  for (let at = 0; at < 64; at++) slots.enter(() => undefined)
  const leave = slots.enter(() => t.fail('it was begun'))
  leave()
  await clock.pass(1_000)
  t.equal(clock.pending, 0)
})
