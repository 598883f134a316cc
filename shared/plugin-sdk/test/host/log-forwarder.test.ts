import { setTimeout as sleep } from 'node:timers/promises'
import { decodeLogLine } from '@powerbus/drp'
import { test } from 'tap'
import { LogForwarder } from '../../src/host/log-forwarder.ts'

function line(Seq: number) {
  return decodeLogLine({ Seq, Level: 'info', Message: 'm' })
}

test('lines go out in their order, one at a time', async (t) => {
  const sent: number[] = []
  let underway = 0
  const forwarder = new LogForwarder({
    deliver: async ({ Seq }) => {
      t.equal(++underway, 1)
      await sleep(Seq % 3)
      sent.push(Seq)
      underway--
    },
    onLost: () => t.fail('nothing is lost'),
  })
  for (let seq = 1; seq <= 20; seq++) forwarder.send(line(seq))
  await forwarder.flush(10_000)
  t.strictSame(
    sent,
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
})

test('lines that cannot be delivered or find no room are counted, and never thrown', async (t) => {
  let lost = 0
  const forwarder = new LogForwarder({
    deliver: () => Promise.reject(new Error('nobody there')),
    onLost: (lines) => {
      lost += lines
    },
    capacity: 5,
  })
  for (let seq = 1; seq <= 20; seq++) forwarder.send(line(seq))
  await forwarder.flush(10_000)
  t.equal(lost, 20)
})

test('a flush does not wait for ever, and counts what it leaves', async (t) => {
  let lost = 0
  const forwarder = new LogForwarder({
    deliver: () => sleep(30_000, undefined, { ref: false }),
    onLost: (lines) => {
      lost += lines
    },
  })
  for (let seq = 1; seq <= 3; seq++) forwarder.send(line(seq))
  await forwarder.flush(50)
  t.equal(lost, 2, 'the third is under way')
})
