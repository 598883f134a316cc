import { test } from 'tap'
import { IpmiClient } from '../../src/client/ipmi-client.ts'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import { readPower } from '../../src/client/read-power.ts'
import type { Target } from '../../src/client/target.ts'
import type { Workaround } from '../../src/client/workarounds.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { setPowerRestorePolicy } from '../../src/commands/set-power-restore-policy.ts'
import { udpTransport } from '../../src/transport/udp-transport.ts'
import { readSessionHeader } from '../../src/wire/session-header.ts'
import { oddSeal, padOf, trailerOf } from '../wire/odd-seal.ts'
import { memoryLab } from './memory-lab.ts'
import { type Oddity, oddBmc } from './odd-bmc.ts'

/** The power state that the client reads, or the kind of its error. */
async function status(oddity: Oddity, more: Partial<Target> = {}, work = readPower) {
  const lab = memoryLab()
  const bmc = await oddBmc(lab.network, oddity)
  const run = lab.client.run({ ...bmc.target, ...more }, work, { timeoutMs: 8000 })
  const outcome = await lab.clock.run(run).catch((error: { kind?: string }) => error.kind)
  return { outcome, bmc, lab }
}

const thrice = async (session: IpmiSession) => {
  const states = [await readPower(session), await readPower(session)]
  await session.send(setPowerRestorePolicy, { policy: 3 })
  return [...states, await readPower(session)].join(' ') as 'on'
}

/** Each workaround of the handshake, the BMC that needs it, and what the client says without it. */
const needed: readonly (readonly [Workaround, Oddity, string, string])[] = [
  ['intelplus', { rakp3LevelAlone: true }, 'credentials', 'Intel without the bit for a look-up by name in RAKP 3'],
  ['intel20', { rakp3LevelAlone: true, paddedName: true }, 'credentials', 'Intel with user names of 16 bytes'],
  [
    'integritycheckvalue',
    { checkValue: (right) => right.map((byte) => byte ^ 0xff) },
    'credentials',
    'a wrong integrity check value',
  ],
  ['integritycheckvalue', { checkValue: () => new Uint8Array(0) }, 'timeout', 'no integrity check value'],
  [
    'highest-privilege',
    { openSessionStatus: (level) => (level === 0 ? 0 : 0x11) },
    'unsupported',
    'cipher suites that only the highest level may use',
  ],
]

for (const [workaround, oddity, without, what] of needed)
  test(`a BMC with ${what} needs the workaround ${workaround}, which opens no session with a wrong password`, async (t) => {
    for (const cipherSuite of [3, 17] as const) {
      t.equal((await status(oddity, { cipherSuite })).outcome, without, 'without it')
      const named = { cipherSuite, workarounds: [workaround] }
      const { outcome, bmc } = await status(oddity, named, thrice)
      t.equal(outcome, 'on on on')
      t.equal(bmc.sessions, 1)
      t.equal((await status(oddity, { ...named, password: 'wrong' })).outcome, 'credentials')
    }
  })

test('without its integrity check value, a BMC of another K_g cannot pass for the right one', async (t) => {
  const oddity = { checkValue: () => new Uint8Array(12), kg: Uint8Array.of(1) }
  for (const kg of [undefined, Uint8Array.of(2)]) {
    const { outcome } = await status(oddity, { kg, workarounds: ['integritycheckvalue'] })
    t.equal(outcome, 'timeout')
  }
  t.equal((await status(oddity, { kg: Uint8Array.of(1), workarounds: ['integritycheckvalue'] })).outcome, 'on')
})

/** What the client bears with unasked. */
const borne: Readonly<Record<string, Oddity>> = {
  'codes of RAKP 2 and 4 with bytes after them (Sun, FreeIPMI sun20)': { codeTail: [1, 2, 3] },
  'a RAKP 2 whose payload length is one too much (Supermicro, FreeIPMI supermicro20)': { rakp2LengthOff: 1 },
  'a RAKP 2 with one byte more, and its length (Supermicro)': { codeTail: [0] },
  'an integrity check value of the length of the hash': { checkValue: (right) => Uint8Array.of(...right, 0, 0, 0, 0) },
  'wrong message checksums (Supermicro X9, FreeIPMI nochecksumcheck)': {
    message: (message) => message.map((byte, at) => (at === 2 || at === message.length - 1 ? byte ^ 0x55 : byte)),
  },
  'its own address as that of the console': {
    message: (message) => message.map((byte, at) => (at === 0 ? 0x20 : at === 3 ? 0x81 : byte)),
  },
  'the pads of OpenBMC': {
    packet: {
      confidentialityPad: (length) => padOf(length % 16 === 15 ? 16 : 15 - (length % 16)),
      trailer: (length) => trailerOf(4 - ((length + 2) % 4)),
    },
  },
  'no trailer, no next header': { packet: { trailer: () => [] } },
  'bytes after the integrity code': { packet: { tail: [0, 0] } },
  'sequence numbers from 0': { sequence: (n) => n },
  'sequence numbers that wrap through 0': { sequence: (n) => (0xfffffffe + n) >>> 0 },
  'random first number and gaps of thousands': { sequence: (n) => 0x12345678 + 5000 * n },
}

for (const [name, oddity] of Object.entries(borne))
  test(`a BMC with ${name} is read, and none of its packets twice`, async (t) => {
    for (const cipherSuite of [3, 17] as const) {
      const { outcome, bmc, lab } = await status(oddity, { cipherSuite }, thrice)
      t.equal(outcome, 'on on on')
      t.equal(bmc.sessions, 1)
      t.equal(new Set(bmc.sequences).size, bmc.sequences.length)
      t.equal(lab.client.counters.dropped.replayed, 0)
    }
  })

test('no oddity lets a replayed or forged answer in', async (t) => {
  for (const oddity of [
    {},
    { packet: { tail: [0, 0] } },
    { packet: { trailer: () => [] } },
    { sequence: (n: number) => 1000 * n },
  ]) {
    const lab = memoryLab({ alter: (packet) => (packet.fromPort === 623 ? [packet, packet] : [packet]) })
    const bmc = await oddBmc(lab.network, oddity)
    const work = async (session: IpmiSession) => {
      const states: string[] = []
      for (let read = 0; read < 5; read++) {
        states.push(await readPower(session))
        // Sealed with a key of another session, ahead of all numbers: "off", for the request that comes next.
        const { keys } = bmc
        if (keys === undefined) throw new Error('no session')
        const forged = lab.sent.findLast(({ fromPort }) => fromPort === 623)
        if (forged === undefined) throw new Error('no answer')
        const k1 = Buffer.alloc(keys.k1.length, 9)
        const payload = Buffer.from(forged.datagram.subarray(16, 32))
        const sessionId = readSessionHeader(forged.datagram).sessionId
        const packet = { payloadType: 0, sessionId, sequence: 0x7000_0000, payload }
        lab.network.send({ ...forged, datagram: oddSeal({ ...keys, k1 }, packet, oddity.packet) })
      }
      return states
    }
    t.same(await lab.clock.run(lab.client.run(bmc.target, work)), ['on', 'on', 'on', 'on', 'on'])
    const { replayed, integrity } = lab.client.counters.dropped
    t.ok(replayed >= 4, `${replayed} replays dropped`)
    t.ok(integrity >= 4, `${integrity} forged answers dropped`)
  }
})

test('a command that is sent once is acknowledged by an odd BMC once', async (t) => {
  const control = async (session: IpmiSession) => {
    await session.send(chassisControl, { control: ChassisControl.powerCycle })
    return 'on' as const
  }
  const { outcome } = await status({ sequence: (n) => 77 + n }, {}, control)
  t.equal(outcome, 'on')
})

test('odd BMCs are read over UDP', async (t) => {
  const all: Oddity = Object.assign({ rakp3LevelAlone: true, paddedName: true }, ...Object.values(borne))
  const client = new IpmiClient()
  const bmc = await oddBmc(udpTransport, all, { address: '127.0.0.1', port: 0 })
  try {
    const target: Target = { ...bmc.target, workarounds: ['intel20'] }
    t.equal(await client.run(target, thrice, { timeoutMs: 10_000 }), 'on on on')
    t.equal(bmc.sessions, 1)
  } finally {
    await client.close()
    await bmc.close()
  }
})
