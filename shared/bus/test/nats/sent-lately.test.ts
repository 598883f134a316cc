import { test } from 'tap'
import type { Outgoing } from '../../src/nats/outgoing.ts'
import { SentLately } from '../../src/nats/sent-lately.ts'

function outgoing(id: string, length = 1) {
  return { id, subject: 's', text: 'x'.repeat(length) }
}

test('what was sent lately is given once, in its order; what is older is forgotten', (t) => {
  let nowMs = 0
  const sent = new SentLately<Outgoing>({ ageMaxMs: 100 }, () => nowMs)
  for (const id of ['a', 'b', 'c', 'd']) {
    sent.add(outgoing(id), nowMs)
    nowMs += 50
  }
  t.same(
    sent.takeAll().map(({ id }) => id),
    ['c', 'd'],
  )
  t.same(sent.takeAll(), [])
  nowMs = 1000
  sent.add(outgoing('new'), 990)
  sent.add(outgoing('long on its way'), 500)
  t.same(
    sent.takeAll().map(({ id }) => id),
    ['new'],
  )
  t.end()
})

test('no more than so many, and of no more than so much text, are remembered', (t) => {
  const sent = new SentLately<Outgoing>({ ageMaxMs: 1000, eventsMax: 3000, lengthMax: 1_000_000 }, () => 0)
  for (let number = 0; number < 10_000; number += 1) sent.add(outgoing(`${number}`), 0)
  const found = sent.takeAll().map(({ id }) => Number(id))
  t.equal(found.length, 3000)
  t.equal(found[0], 7000)
  for (let number = 0; number < 10; number += 1) sent.add(outgoing(`${number}`, 300_000), 0)
  t.same(
    sent.takeAll().map(({ id }) => id),
    ['7', '8', '9'],
  )
  t.end()
})
