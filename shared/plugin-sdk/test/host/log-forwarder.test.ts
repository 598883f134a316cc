import { setTimeout as sleep } from 'node:timers/promises'
import { decodeLogLine } from '@powerbus/drp'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { LogForwarder } from '../../src/host/log-forwarder.ts'

function line(Seq: number) {
  return decodeLogLine({ Seq, Level: 'info', Message: 'm' })
}

test('lines go out in their order, one at a time', async (t) => {
  const sent: number[] = []
  let underway = 0
  const forwarder = new LogForwarder({
    deliver: async (lines) => {
      t.equal(++underway, 1)
      t.equal(lines.length, 1)
      const [{ Seq } = line(0)] = lines
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

test('lines that waited go out in one message, as many as the endpoint takes', async (t) => {
  const sent: number[][] = []
  let linesMax = 1
  const forwarder = new LogForwarder({
    deliver: async (lines) => {
      sent.push(lines.map(({ Seq }) => Seq))
      linesMax = 3
    },
    linesMax: () => linesMax,
    onLost: () => t.fail('nothing is lost'),
  })
  for (let seq = 1; seq <= 6; seq++) forwarder.send(line(seq))
  await forwarder.flush(10_000)
  t.strictSame(sent, [[1], [2, 3, 4], [5, 6]])
})

test('lines that come soon after a message gather for the next one, which goes early once it is full', async (t) => {
  const sent: number[][] = []
  const forwarder = new LogForwarder({
    deliver: async (lines) => void sent.push(lines.map(({ Seq }) => Seq)),
    linesMax: () => 4,
    onLost: () => t.fail('nothing is lost'),
  })
  forwarder.send(line(1))
  t.strictSame(sent, [[1]], 'a line after a pause goes at once')
  // No timer ends in microtasks.
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  for (const seq of [2, 3, 4]) forwarder.send(line(seq))
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  t.strictSame(sent, [[1]])
  forwarder.send(line(5))
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  t.strictSame(sent, [[1], [2, 3, 4, 5]])
  forwarder.send(line(6))
  await waitUntil('the time to be over', () => sent.length === 3)
  t.strictSame(sent.at(-1), [6])
})

test('long lines share no message, and each line of a message that is lost counts', async (t) => {
  const long = { Message: 'm'.repeat(200_000) }
  const sent: number[][] = []
  let lost = 0
  const forwarder = new LogForwarder({
    deliver: async (lines) => {
      sent.push(lines.map(({ Seq }) => Seq))
      if (lines.length > 1) throw new Error('nobody there')
    },
    linesMax: () => 100,
    onLost: (lines) => {
      lost += lines
    },
  })
  forwarder.send(line(1))
  forwarder.send({ ...line(2), ...long })
  forwarder.send({ ...line(3), Data: [long] })
  forwarder.send(line(4))
  forwarder.send({ ...line(5), Message: long.Message.repeat(2) })
  forwarder.send(line(6))
  await forwarder.flush(10_000)
  t.strictSame(sent, [[1], [2], [3, 4], [5], [6]])
  t.equal(lost, 2)
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
