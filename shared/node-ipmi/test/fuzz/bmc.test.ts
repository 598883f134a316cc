import { test } from 'tap'
import { seededRandom } from '../../src/bmc/index.ts'
import { encryptPayload, payloadLength } from '../../src/crypto/aes-cbc.ts'
import { cipherSuites } from '../../src/crypto/cipher-suite.ts'
import { algorithmPayloadHeaders, openSessionRequest } from '../../src/handshake/open-session.ts'
import { rakp1 } from '../../src/handshake/rakp-1.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { presencePing } from '../../src/wire/asf.ts'
import { lanRequest } from '../../src/wire/lan-message.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { sessionlessPacket } from '../../src/wire/session-v15.ts'
import { bench, exchange, peer, prepareRakp3, RawSession } from '../bmc/raw-console.ts'

const ROUNDS = 120_000
const MAX_SESSIONS = 8
const SEED = 20_251_121

/** Valid packets of every kind that a BMC accepts. */
function samples(session: RawSession): Uint8Array[] {
  const suite = cipherSuites[17]
  const request = lanRequest.encode({ netFn: 6, command: 0x38, sequence: 1, data: Uint8Array.of(0x8e, 4) })
  const open = openSessionRequest.encode({
    ...algorithmPayloadHeaders,
    ...suite,
    tag: 1,
    privilege: 4,
    consoleSessionId: 5,
  })
  const { managedSessionId } = session
  const message = {
    tag: 1,
    managedSessionId,
    consoleRandom: new Uint8Array(16),
    role: 0x14,
    username: Buffer.from('admin'),
  }
  const { payload } = prepareRakp3(bench().bmc)
  return [
    presencePing.encode({ tag: 1 }),
    sessionlessPacket.encode(request),
    plainPacket.encode(PayloadType.Ipmi, request),
    plainPacket.encode(PayloadType.OpenSessionRequest, open),
    plainPacket.encode(PayloadType.Rakp1, rakp1.encode(message)),
    plainPacket.encode(PayloadType.Rakp3, payload),
    session.seal(0, 1, new Uint8Array(0)),
  ]
}

test(`${ROUNDS} mutated and random packets crash nothing, open no session, and leak no memory`, {
  timeout: 100_000,
}, async (t) => {
  const random = seededRandom(SEED)
  const below = (limit: number) => {
    const [a = 0, b = 0, c = 0] = random(3)
    return (a + b * 256 + c * 65536) % limit
  }
  const { bmc, clock, machine } = bench({ maxSessions: MAX_SESSIONS })
  let session = new RawSession(bmc)
  const seeds = samples(session)
  let answers = 0
  for (let round = 0; round < ROUNDS; round++) {
    const seed = seeds[below(seeds.length)] ?? new Uint8Array(0)
    const datagram = mutate(seed, below, random)
    bmc.receive(datagram, { ...peer, port: 1024 + below(64) }, () => {
      answers++
    })
    if (bmc.sessionCount > MAX_SESSIONS) t.fail(`${bmc.sessionCount} sessions`)
    // Advances the clock so that slots time out and are used again.
    if (round % 100 === 0) await clock.pass(1000)
  }
  const { received, dropped, sessions } = bmc.counters
  t.equal(received, ROUNDS + 3)
  const drops = Object.values(dropped).reduce((sum, count) => sum + count)
  t.equal(drops + answers + 3, received, 'each packet was either answered once or counted as dropped')
  t.ok(dropped.malformed > ROUNDS / 10 && answers > ROUNDS / 100, `${dropped.malformed} malformed, ${answers} answers`)
  t.equal(sessions, 1)
  t.same(machine.orders, [])
  await clock.pass(61_000)
  t.equal(bmc.sessionCount, 0)
  session = new RawSession(bmc)
  t.equal(session.raw(6, 1)?.completionCode, 0)
})

test('20000 random messages in an active session crash nothing', { timeout: 100_000 }, async (t) => {
  const random = seededRandom(SEED)
  const { bmc } = bench()
  let session = new RawSession(bmc)
  session.raw(6, 0x3b, Uint8Array.of(4))
  let answers = 0
  for (let round = 0; round < 20_000; round++) {
    const [netFn = 0, command = 0, length = 0] = random(3)
    const [answer] = exchange(bmc, session.seal((netFn % 7) * 2, command % 0x60, random(length % 24)))
    if (answer !== undefined) answers++
    if (bmc.sessionCount === 0) session = new RawSession(bmc)
  }
  t.ok(answers > 19_000, `${answers} answers`)
})

test('well encrypted payloads that are not IPMI messages are dropped', async (t) => {
  const random = seededRandom(SEED)
  const { bmc } = bench()
  const session = new RawSession(bmc)
  for (let length = 0; length < 300; length++) {
    const sealed = Buffer.alloc(payloadLength(length))
    const iv = random(16)
    sealed.set(random(length), 16)
    encryptPayload(session.keys, iv, sealed, 0, length)
    t.same(exchange(bmc, plainPacket.encode(PayloadType.Ipmi, sealed)), [])
  }
})

function mutate(
  seed: Uint8Array,
  below: (limit: number) => number,
  random: (length: number) => Uint8Array,
): Uint8Array {
  const packet = Uint8Array.from(seed)
  switch (below(6)) {
    case 0:
      return random(below(600))
    case 1:
      return packet.slice(0, below(packet.length + 1))
    case 2:
      return Uint8Array.from([...packet, ...random(below(1500))])
    case 3:
      // A valid header with random data after it.
      return Uint8Array.from([...packet.subarray(0, 16), ...random(below(200))])
    default:
      for (let i = 1 + below(4); i > 0; i--) packet[below(packet.length)] = below(256)
      return packet
  }
}
