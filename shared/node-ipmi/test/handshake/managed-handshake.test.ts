import { test } from 'tap'
import { closeSession } from '../../src/commands/index.ts'
import { rakp1 } from '../../src/handshake/rakp-1.ts'
import { rakp3 } from '../../src/handshake/rakp-3.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { RmcpPlusStatus } from '../../src/spec/rmcp-plus-status.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import {
  ask,
  bench,
  exchange,
  openSession,
  peer,
  prepareRakp3,
  RawSession,
  sendRakp1,
  sendRakp3,
} from '../bmc/raw-console.ts'

const suites = [3, 17] as const

test('a session opens with suites 3 and 17, with and without K_g', async (t) => {
  for (const suite of suites) {
    for (const kg of [undefined, Buffer.from('12345678901234567890')]) {
      const { bmc } = bench(kg === undefined ? {} : { kg })
      t.doesNotThrow(() => new RawSession(bmc, kg === undefined ? { suite } : { suite, kg }))
      t.equal(bmc.counters.sessions, 1)
    }
  }
})

test('a wrong password or K_g is refused with 0Fh and frees the slot', async (t) => {
  for (const suite of suites) {
    const { bmc } = bench({ kg: Buffer.from('k') })
    const { payload } = prepareRakp3(bmc, { suite, password: 'wrong', kg: Buffer.from('k') })
    t.equal(sendRakp3(bmc, payload).status, RmcpPlusStatus.InvalidIntegrityCheckValue)
    t.equal(bmc.sessionCount, 0)
    t.equal(sendRakp3(bmc, payload).status, RmcpPlusStatus.InvalidSessionId)
  }
})

test('RAKP 3 with any flipped bit opens no session', async (t) => {
  for (const suite of suites) {
    const length = prepareRakp3(bench().bmc, { suite }).payload.length
    for (let bit = 0; bit < length * 8; bit++) {
      const { bmc } = bench()
      const { payload } = prepareRakp3(bmc, { suite })
      payload[bit >> 3] = (payload[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      exchange(bmc, plainPacket.encode(PayloadType.Rakp3, payload))
      // The BMC ignores the tag (byte 0) and the reserved bytes 2 and 3.
      const covered = bit >= 8 && (bit < 16 || bit >= 32)
      if ((bmc.counters.sessions === 0) !== covered) t.fail(`suite ${suite}, bit ${bit}`)
    }
  }
})

test('RAKP 1 with any flipped bit opens no session', async (t) => {
  const good = rakp1.encode({
    tag: 2,
    managedSessionId: 1,
    consoleRandom: new Uint8Array(16).fill(5),
    role: 0x14,
    username: Buffer.from('admin'),
  })
  for (let bit = 0; bit < good.length * 8; bit++) {
    const { bmc } = bench()
    const { managedSessionId } = openSession(bmc)
    const flipped = rakp1.encode({ ...rakp1.decode(good), managedSessionId })
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    exchange(bmc, plainPacket.encode(PayloadType.Rakp1, flipped))
    // The console continues with the message it believes it sent, and with the BMC's random number of the same seed.
    const twin = bench().bmc
    const { payload } = prepareRakp3(twin)
    exchange(bmc, plainPacket.encode(PayloadType.Rakp3, payload))
    const { consoleRandom } = rakp1.decode(good)
    const reserved = bit < 32 || (bit >= 25 * 8 && bit < 27 * 8)
    const coveredByRakp3 = !reserved && !(bit >= 8 * 8 && bit < 8 * (8 + consoleRandom.length))
    // RAKP 3 does not cover the console's random number. The session keys do, so the packets fail.
    if (coveredByRakp3 && bmc.counters.sessions !== 0) t.fail(`bit ${bit}`)
    if (bmc.counters.sessions === 1 && !reserved) {
      const stranger = new RawSession(twin)
      exchange(bmc, stranger.seal(6, 1, new Uint8Array(0)))
      t.equal(bmc.counters.commands, 0)
    }
  }
})

test('unknown user, disabled user, unknown role and level above the limit each have their status', async (t) => {
  for (const [login, status] of [
    [{ username: 'nobody' }, RmcpPlusStatus.UnauthorizedName],
    [{ username: 'gone' }, RmcpPlusStatus.UnauthorizedName],
    [{ username: '' }, RmcpPlusStatus.UnauthorizedName],
    [{ username: 'op' }, RmcpPlusStatus.UnauthorizedRole],
    [{ username: 'op', role: 0x04 }, RmcpPlusStatus.UnauthorizedRole],
    [{ username: 'admin', privilege: 3 }, RmcpPlusStatus.UnauthorizedRole],
    [{ username: 'admin', role: 0x10 }, RmcpPlusStatus.InvalidRole],
    [{ username: 'admin', role: 0x15 }, RmcpPlusStatus.InvalidRole],
    [{ username: 'a'.repeat(17) }, RmcpPlusStatus.InvalidNameLength],
    [{ username: 'op', role: 0x13 }, RmcpPlusStatus.Ok],
  ] as const) {
    const { bmc } = bench()
    const { managedSessionId } = openSession(bmc, login)
    t.equal(sendRakp1(bmc, managedSessionId, login).answer.status, status, JSON.stringify(login))
  }
})

test('the level distinguishes users of the same name, except in a name-only look-up', async (t) => {
  const users = [
    { name: 'same', password: 'one', privilege: 'user' },
    { name: 'same', password: 'two', privilege: 'administrator' },
  ] as const
  const login = { username: 'same', password: 'two' }
  t.doesNotThrow(() => new RawSession(bench({ users }).bmc, { ...login, role: 0x04 }))
  const { bmc } = bench({ users })
  const { managedSessionId } = openSession(bmc)
  t.equal(sendRakp1(bmc, managedSessionId, { ...login, role: 0x14 }).answer.status, RmcpPlusStatus.UnauthorizedRole)
})

test('Open Session refuses unknown algorithms and levels, each with its status', async (t) => {
  for (const [cipherSuites, suite, status] of [
    [[3], 17, RmcpPlusStatus.InvalidAuthenticationAlgorithm],
    [[17], 3, RmcpPlusStatus.InvalidAuthenticationAlgorithm],
    [[3], 3, RmcpPlusStatus.Ok],
  ] as const) {
    t.equal(openSession(bench({ cipherSuites }).bmc, { suite }).status, status)
  }
  t.equal(openSession(bench().bmc, { privilege: 5 }).status, RmcpPlusStatus.InvalidRole)
})

test('repeats of each message get the same answer and take no second slot', async (t) => {
  const { bmc } = bench()
  const first = openSession(bmc, {}, 1)
  t.equal(openSession(bmc, {}, 2).managedSessionId, first.managedSessionId)
  const answer = sendRakp1(bmc, first.managedSessionId).answer
  t.strictSame(sendRakp1(bmc, first.managedSessionId).answer, answer)
  t.notSame(sendRakp1(bmc, first.managedSessionId, {}, 6).answer.managedRandom, answer.managedRandom)
  const { payload } = prepareRakp3(bmc)
  const opened = sendRakp3(bmc, payload)
  t.equal(opened.status, 0)
  t.strictSame(sendRakp3(bmc, payload), opened)
  t.equal(bmc.sessionCount, 1)
  t.equal(bmc.counters.sessions, 1)
})

test('RAKP messages from another address or for another session change nothing', async (t) => {
  const { bmc } = bench()
  const { payload, managedSessionId } = prepareRakp3(bmc)
  const stranger = { ...peer, port: peer.port + 1 }
  t.equal(sendRakp3(bmc, payload, stranger).status, RmcpPlusStatus.InvalidSessionId)
  t.equal(sendRakp1(bmc, managedSessionId, { from: stranger }).answer.status, RmcpPlusStatus.InvalidSessionId)
  t.equal(sendRakp3(bmc, payload).status, RmcpPlusStatus.Ok)
})

test('a wrong RAKP 3 for an active session is dropped, and the session stays active', async (t) => {
  const { bmc } = bench()
  const session = new RawSession(bmc)
  const { managedSessionId } = session
  const wrong = rakp3.encode({ tag: 9, status: 0, managedSessionId, code: new Uint8Array(20) })
  t.same(exchange(bmc, plainPacket.encode(PayloadType.Rakp3, wrong)), [])
  t.same(exchange(bmc, plainPacket.encode(PayloadType.Rakp3, rakp3.encode({ ...rakp3.decode(wrong), status: 15 }))), [])
  t.equal(session.raw(6, 1)?.completionCode, 0)
})

test("the console's refusal in RAKP 3 frees the slot without an answer", async (t) => {
  const { bmc } = bench()
  const { managedSessionId } = prepareRakp3(bmc)
  const refusal = rakp3.encode({ tag: 1, status: 15, managedSessionId, code: new Uint8Array(0) })
  t.same(exchange(bmc, plainPacket.encode(PayloadType.Rakp3, refusal)), [])
  t.equal(bmc.sessionCount, 0)
})

test('half-open sessions time out', async (t) => {
  const { bmc, clock } = bench({ maxSessions: 2 })
  openSession(bmc, { consoleSessionId: 1 })
  openSession(bmc, { consoleSessionId: 2 })
  t.equal(bmc.sessionCount, 2)
  await clock.pass(15_001)
  t.equal(bmc.sessionCount, 0)
})

test('a full table evicts a refused session first, then the oldest half-open one, and never an active one', async (t) => {
  const { bmc } = bench({ maxSessions: 3 })
  const active = new RawSession(bmc)
  const opened = [5, 6, 7, 8].map((consoleSessionId) => {
    const { managedSessionId, status } = openSession(bmc, { consoleSessionId })
    t.equal(status, RmcpPlusStatus.Ok)
    if (consoleSessionId === 6) sendRakp1(bmc, managedSessionId, { username: 'nobody' })
    return managedSessionId
  })
  // 7 took the slot of 6, which was refused; 8 the slot of 5, which was the oldest.
  t.same(
    opened.map((managedSessionId) => sendRakp1(bmc, managedSessionId).answer.status),
    [RmcpPlusStatus.InvalidSessionId, RmcpPlusStatus.InvalidSessionId, RmcpPlusStatus.Ok, RmcpPlusStatus.Ok],
  )
  t.equal(active.raw(6, 1)?.completionCode, 0)
  t.equal(bmc.sessionCount, 3)
})

test('Open Session gets 01h only while every slot has an active session', async (t) => {
  const { bmc } = bench({ maxSessions: 2 })
  const first = new RawSession(bmc, { consoleSessionId: 1 })
  new RawSession(bmc, { consoleSessionId: 2 })
  t.equal(openSession(bmc, { consoleSessionId: 3 }).status, RmcpPlusStatus.InsufficientResources)
  t.same(first.send(closeSession, { sessionId: first.managedSessionId }), {})
  t.equal(openSession(bmc, { consoleSessionId: 3 }).status, RmcpPlusStatus.Ok)
})

test('a flood of half-open sessions between the steps of a login does not delay it', async (t) => {
  const { bmc } = bench()
  let consoleSessionId = 100
  const flood = () => {
    for (let i = 0; i < 31; i++) openSession(bmc, { consoleSessionId: consoleSessionId++ })
  }
  for (let attempt = 0; attempt < 100; attempt++) flood()
  t.equal(bmc.sessionCount, 32)
  const { managedSessionId } = openSession(bmc)
  flood()
  const again = openSession(bmc)
  t.equal(again.managedSessionId, managedSessionId, 'a repeat takes no second slot')
  const { payload } = prepareRakp3(bmc)
  t.equal(sendRakp3(bmc, payload).status, RmcpPlusStatus.Ok)
  flood()
  flood()
  t.match(bmc.counters, { sessions: 1 })
  t.equal(sendRakp3(bmc, payload).status, RmcpPlusStatus.Ok, 'the session is still active')
})

test('an active session ends after 60 seconds without a packet, and not before', async (t) => {
  const { bmc, clock } = bench()
  const session = new RawSession(bmc)
  await clock.pass(59_000)
  t.equal(session.raw(6, 1)?.completionCode, 0)
  await clock.pass(59_000)
  t.equal(session.raw(6, 1)?.completionCode, 0)
  await clock.pass(60_001)
  t.equal(session.raw(6, 1), undefined)
  t.equal(bmc.sessionCount, 0)
  t.equal(bmc.counters.dropped.unknownSession, 1)
})

test('the BMC chooses its best suite if the console proposes no algorithms', async (t) => {
  const { bmc } = bench()
  const wildcard = Buffer.from('01000000040302010000000000000000010000000000000002000000' + '00000000', 'hex')
  const payload = ask(bmc, PayloadType.OpenSessionRequest, wildcard)
  t.equal(payload[16], 0x03)
})
