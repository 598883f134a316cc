import type { MemoryPacket } from '@powerbus/testkit'
import { test } from 'tap'
import { readPower } from '../../src/client/read-power.ts'
import { memoryLab } from './memory-lab.ts'

const fromBmc = (packet: MemoryPacket) => packet.fromPort === 623

test('an answer with any flipped bit is dropped and counted, and the right answer is then accepted', async (t) => {
  let bit = -1
  const lab = memoryLab({
    alter: (packet) => {
      if (bit < 0 || !fromBmc(packet) || packet.datagram[5] !== 0xc0) return [packet]
      const datagram = Uint8Array.from(packet.datagram)
      const at = bit >> 3
      datagram[at] = (datagram[at] ?? 0) ^ (1 << (bit & 7))
      bit = -1
      return [{ ...packet, datagram }, packet]
    },
  })
  const { target } = await lab.addBmc()
  let length = 0
  const dropped = () => Object.values(lab.client.counters.dropped).reduce((sum, count) => sum + count)
  await lab.clock.run(
    lab.client.run(
      target,
      async (session) => {
        await readPower(session)
        length = lab.sent[lab.sent.length - 1]?.datagram.length ?? 0
        for (let flip = 0; flip < length * 8; flip++) {
          bit = flip
          const before = dropped()
          t.equal(await readPower(session), 'on')
          // Reserved bits of the RMCP header are ignored: the flipped answer is accepted and the right one is a repeat.
          t.equal(dropped(), before + 1, `bit ${flip}`)
        }
      },
      { timeoutMs: 3_600_000 },
    ),
  )
  t.ok(length > 50)
})

test('truncated, oversized and random datagrams do not end the wait for an answer', async (t) => {
  const lab = memoryLab({
    alter: (packet) => {
      if (!fromBmc(packet)) return [packet]
      const { datagram } = packet
      const cut = datagram.subarray(0, Math.floor(lab.random() * datagram.length))
      const noise = Uint8Array.from({ length: Math.floor(lab.random() * 200) }, () => lab.random() * 256)
      const framed = Uint8Array.of(6, 0, 255, 7, 6, 0xc0, ...noise)
      const long = Uint8Array.from([...datagram, ...noise])
      return [cut, noise, framed, ...(datagram[5] === 0xc0 ? [long] : [])]
        .map((bytes) => ({ ...packet, datagram: bytes }))
        .concat(packet)
    },
  })
  for (let i = 0; i < 50; i++) {
    const { target } = await lab.addBmc()
    t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
  }
  const { dropped } = lab.client.counters
  t.ok(dropped.malformed > 50)
})

test('answers from another address or port are dropped and counted', async (t) => {
  let forge = true
  const lab = memoryLab({
    alter: (packet) => {
      if (!fromBmc(packet) || !forge) return [packet]
      return [
        { ...packet, fromAddress: '10.66.0.1' },
        { ...packet, fromPort: 624 },
      ]
    },
  })
  const { target } = await lab.addBmc()
  const run = lab.client.run(target, readPower)
  lab.clock.after(3000, () => {
    forge = false
  })
  t.equal(await lab.clock.run(run), 'on')
  t.ok(lab.client.counters.dropped['wrong-source'] >= 2)
})

test('replayed answers are dropped and counted', async (t) => {
  const replays = new Set<MemoryPacket>()
  const lab = memoryLab({
    alter: (packet) => {
      if (!fromBmc(packet) || packet.datagram[5] !== 0xc0 || replays.has(packet)) return [packet]
      const replay = { ...packet }
      replays.add(replay)
      lab.clock.after(0.5, () => lab.network.send(replay))
      return [packet]
    },
  })
  const { target } = await lab.addBmc()
  const read = lab.client.run(target, async (session) => [await readPower(session), await readPower(session)])
  t.same(await lab.clock.run(read), ['on', 'on'])
  t.ok(lab.client.counters.dropped.replayed > 0)
})

test('wrong integrity codes are dropped and counted', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc({ faults: { wrongIntegrityCodes: 2 } })
  t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
  t.equal(lab.client.counters.dropped.integrity, 2)
})

/** Holds back the first answer of a payload type, and delivers it in place of the second. */
function firstInPlaceOfSecond(payloadType: number) {
  let first: MemoryPacket | undefined
  let done = false
  return (packet: MemoryPacket): readonly MemoryPacket[] => {
    if (!fromBmc(packet) || packet.datagram[5] !== payloadType || done) return [packet]
    if (first === undefined) {
      first = packet
      return []
    }
    done = true
    return [first]
  }
}

for (const [name, payloadType] of [
  ['Open Session', 0x11],
  ['RAKP 1', 0x13],
  ['RAKP 3', 0x15],
] as const) {
  test(`a late answer to the first of two ${name} messages is accepted or causes a fresh handshake`, async (t) => {
    const lab = memoryLab({ alter: firstInPlaceOfSecond(payloadType) })
    const { target } = await lab.addBmc()
    t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
    t.equal(lab.client.counters.sessionsOpened, 1)
    t.ok(lab.client.counters.retransmitted > 0)
  })
}

test('another random number in the answer to a repeated RAKP 1 causes a fresh handshake', async (t) => {
  let rakp2 = 0
  let rakp4 = 0
  const lab = memoryLab({
    alter: (packet) => {
      if (!fromBmc(packet)) return [packet]
      if (packet.datagram[5] === 0x13 && rakp2++ === 0) return []
      if (packet.datagram[5] !== 0x15 || rakp4++ > 0) return [packet]
      // Such a BMC refuses a RAKP 3 computed from its first random number: status 0Fh, no code.
      const datagram = Uint8Array.from(packet.datagram.subarray(0, 24))
      datagram[14] = 8
      datagram[17] = 0x0f
      return [{ ...packet, datagram }]
    },
  })
  const { target } = await lab.addBmc()
  t.equal(await lab.clock.run(lab.client.run(target, readPower)), 'on')
  t.equal(lab.sent.filter(({ datagram }) => datagram[5] === 0x10).length, 2, 'two Open Session requests')
})

test('100,000 mutated and random datagrams do not crash, hang or deceive the client', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  await lab.clock.run(lab.client.run(target, readPower))
  await lab.clock.run(lab.client.ping(target.address))
  const models = lab.sent.filter(fromBmc)
  const { toAddress = '', toPort = 0 } = models[0] ?? {}
  const { datagramsReceived } = lab.client.counters
  const run = lab.client.run(
    target,
    async (open) => {
      await readPower(open)
      for (let batch = 0; batch < 100; batch++) {
        bmc.faults.hang = true
        lab.clock.after(5, () => {
          bmc.faults.hang = false
        })
        const live = lab.sent.findLast((packet) => fromBmc(packet) && packet.datagram[5] === 0xc0)
        for (let i = 0; i < 1000; i++) {
          const model = (i % 3 === 0 ? live : models[i % models.length])?.datagram ?? new Uint8Array(0)
          const datagram =
            i % 10 === 0
              ? Uint8Array.from({ length: lab.random() * 300 }, () => lab.random() * 256)
              : Uint8Array.from(model.subarray(0, lab.random() < 0.2 ? lab.random() * model.length : model.length))
          for (let changes = lab.random() * 4; changes > 0; changes--) {
            const at = Math.floor(lab.random() * datagram.length)
            datagram[at] = lab.random() * 256
          }
          lab.network.send({ datagram, fromAddress: target.address, fromPort: 623, toAddress, toPort })
        }
        t.equal(await readPower(open), 'on')
        lab.sent.splice(0, lab.sent.length - 10)
      }
    },
    { timeoutMs: 3_600_000 },
  )
  await lab.clock.run(run)
  t.ok(lab.client.counters.datagramsReceived - datagramsReceived > 100_000)
  t.equal(lab.client.counters.sessionsOpened, 2, 'the session lasted')
})
