import { createDecipheriv, createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'tap'
import { type BmcFaults, type FaultRule, listenBmc } from '../../src/bmc/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { RmcpPlusStatus } from '../../src/spec/rmcp-plus-status.ts'
import { lanRequest } from '../../src/wire/lan-message.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { openPacket } from '../../src/wire/sealed-packet.ts'
import { sessionlessPacket } from '../../src/wire/session-v15.ts'
import { bench, exchange, openSession, peer, prepareRakp3, RawSession, sendRakp1, sendRakp3 } from './raw-console.ts'

const GET_DEVICE_ID = [6, 1] as const
const GET_CHASSIS_STATUS = [0, 1] as const
const CHASSIS_CONTROL = [0, 2] as const
const POWER_DOWN = Uint8Array.of(0)
const POWER_CYCLE = Uint8Array.of(2)

/** An administrator's session on a BMC with these rules, and the answers that come later than at once. */
function ruled(rules: readonly FaultRule[], faults: BmcFaults = {}) {
  const lab = bench()
  Object.assign(lab.bmc.faults, faults)
  const session = new RawSession(lab.bmc)
  session.raw(6, 0x3b, Uint8Array.of(4))
  lab.bmc.faults.rules = rules
  const late: Uint8Array[] = []
  const send = (netFn: number, command: number, data = new Uint8Array(0)) =>
    lab.bmc.receive(session.seal(netFn, command, data), peer, (answer) => late.push(answer))
  const numberOf = (datagram: Uint8Array | undefined) => datagram && openPacket(session.keys, datagram).sequence
  const nextNumber = (netFn = 6, command = 1, data = new Uint8Array(0)) =>
    numberOf(exchange(lab.bmc, session.seal(netFn, command, data))[0])
  return { ...lab, session, late, send, numberOf, nextNumber }
}

test('a rule delays the answers to its command alone, and an answer takes its number when it is sent', async (t) => {
  const { send, late, clock, machine, session, numberOf } = ruled([
    { message: 'Get Chassis Status', answerAfterMs: 5000 },
    { message: 'Chassis Control', answerAfterMs: 8000 },
  ])
  send(...CHASSIS_CONTROL, POWER_DOWN)
  send(...GET_CHASSIS_STATUS)
  send(...GET_DEVICE_ID)
  t.notOk(machine.on, 'the command is executed at once')
  t.equal(late.length, 1)
  await clock.pass(4999)
  t.equal(late.length, 1)
  await clock.pass(3002)
  t.same(
    late.map((answer) => session.open(answer).command),
    [1, 1, 2],
  )
  t.same(late.map(numberOf), [2, 3, 4])
})

test('a rule executes a command later, with the state of that time', async (t) => {
  const { send, late, clock, machine, session } = ruled([{ message: 'Chassis Control', executeAfterMs: 9000 }])
  send(...CHASSIS_CONTROL, POWER_DOWN)
  await clock.pass(8999)
  t.ok(machine.on)
  machine.on = false
  send(...CHASSIS_CONTROL, POWER_CYCLE)
  await clock.pass(9001)
  t.same(machine.orders, ['powerDown'])
  t.same(
    late.map((answer) => session.open(answer).completionCode),
    [CompletionCode.Ok, CompletionCode.NotInPresentState],
  )
})

test('a restart forgets the commands and answers that wait', async (t) => {
  const { bmc, send, late, clock, machine } = ruled([
    { message: 'Chassis Control', executeAfterMs: 1000 },
    { answerAfterMs: 1000 },
  ])
  send(...CHASSIS_CONTROL, POWER_DOWN)
  send(...GET_DEVICE_ID)
  bmc.restart()
  await clock.pass(2000)
  t.same(machine.orders, [])
  t.same(late, [])
})

test('an MC reset happens although its answer is lost or never made', async (t) => {
  for (const rule of [{ lose: 'answer' }, { silent: true }, { lose: 'request' }] as const) {
    const { bmc, session, clock } = ruled([{ message: 'Cold Reset', ...rule }])
    t.equal(session.raw(6, 2), undefined)
    await clock.pass(101)
    t.equal(bmc.sessionCount, rule.lose === 'request' ? 1 : 0)
  }
})

test('a lost request is not executed; a lost answer takes a number, and a silent one takes none', async (t) => {
  const { machine, nextNumber, bmc } = ruled([
    { message: 'Chassis Control', lose: 'request', times: 1 },
    { message: 'Chassis Control', lose: 'answer', times: 1 },
    { message: 'Chassis Control', silent: true },
  ])
  const cycle = () => nextNumber(...CHASSIS_CONTROL, POWER_CYCLE)
  t.equal(nextNumber(), 2)
  t.equal(cycle(), undefined)
  t.equal(machine.orders.length, 0)
  t.equal(nextNumber(), 3)
  t.equal(cycle(), undefined)
  t.equal(machine.orders.length, 1)
  t.equal(nextNumber(), 5)
  t.equal(cycle(), undefined)
  t.equal(machine.orders.length, 2)
  t.equal(nextNumber(), 6)
  t.equal(bmc.counters.dropped.fault, 3)
})

test('a rule refuses a command, or some of its requests, a number of times', async (t) => {
  const { session } = ruled([
    { message: 'Get System Boot Options', when: ([parameter]) => parameter === 5, completionCode: 0xd4, times: 2 },
    { message: ['Get System Restart Cause', 'Get POH Counter'], completionCode: 0xff },
  ])
  const codeOf = (netFn: number, command: number, ...data: number[]) =>
    session.raw(netFn, command, Uint8Array.from(data))?.completionCode
  for (const code of [0xd4, 0xd4, 0]) t.equal(codeOf(0, 9, 5, 0, 0), code)
  t.equal(codeOf(0, 9, 3, 0, 0), 0)
  t.equal(codeOf(0, 7), 0xff)
  t.equal(codeOf(0, 0x0f), 0xff)
  t.equal(codeOf(0, 1), 0)
})

test('a rule shortens and lengthens the data of an answer', async (t) => {
  const { session } = ruled([
    { message: 'Get Chassis Status', alter: (data) => data.subarray(0, 3) },
    { message: 'Get Device ID', alter: (data) => Uint8Array.of(...data, 1, 2, 3) },
  ])
  t.equal(session.raw(...GET_CHASSIS_STATUS)?.data.length, 3)
  t.equal(session.raw(...GET_DEVICE_ID)?.data.length, 18)
})

test('session sequence numbers start anywhere, skip, stay the same, and wrap from FFFFFFFFh to 1', async (t) => {
  const { nextNumber, bmc } = ruled([], { firstSequence: 0xffff_fffd })
  t.same(
    [1, 2, 3, 4].map(() => nextNumber()),
    [0xffff_fffe, 0xffff_ffff, 1, 2],
  )
  bmc.faults.rules = [{ message: 'Get Chassis Status', sequenceStep: 2 }]
  t.same([nextNumber(), nextNumber(...GET_CHASSIS_STATUS), nextNumber()], [3, 5, 6])
  bmc.faults.rules = [{ sequenceStep: 0 }]
  t.same([nextNumber(), nextNumber()], [6, 6])
  t.same(
    [ruled([], { firstSequence: 1 }).nextNumber(), ruled([{ sequenceStep: 0 }]).nextNumber()],
    [2, 1],
    'Set Session Privilege Level took the first',
  )
})

test('a rule gives a full block of pad where no pad is due, as phosphor-net-ipmid does', async (t) => {
  const { session, bmc } = ruled([{ fullBlockPad: true }])
  const plainOf = (netFn: number, command: number, ...data: number[]) => {
    const [answer = new Uint8Array(0)] = exchange(bmc, session.seal(netFn, command, Uint8Array.from(data)))
    const length = (answer[14] ?? 0) | ((answer[15] ?? 0) << 8)
    const iv = answer.subarray(16, 32)
    const decipher = createDecipheriv('aes-128-cbc', session.keys.aesKey, iv).setAutoPadding(false)
    return Buffer.concat([decipher.update(answer.subarray(32, 16 + length)), decipher.final()])
  }
  // 8 bytes of message, 7 of boot flags and the pad length fill a block.
  const plain = plainOf(0, 9, 5, 0, 0)
  t.equal(plain.length, 32)
  t.same([...plain.subarray(15)], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16])
  // 8 bytes of message and 4 of status leave a pad of 3.
  t.same([...plainOf(...GET_CHASSIS_STATUS).subarray(12)], [1, 2, 3, 3])
})

test('a rule sets integrity pad and next header, under a right integrity code', async (t) => {
  const { session, bmc } = ruled([{ integrityPad: 0xee, nextHeader: 0x05 }])
  const [answer = new Uint8Array(0)] = exchange(bmc, session.seal(...GET_CHASSIS_STATUS, new Uint8Array(0)))
  t.same([...answer.subarray(-16, -12)], [0xee, 0xee, 2, 0x05])
  const code = createHmac('sha1', session.keys.k1).update(answer.subarray(4, -12)).digest().subarray(0, 12)
  t.same(answer.subarray(-12), code)
})

test('RAKP answers have the tag of their rule', async (t) => {
  const { bmc } = bench({ faults: { rules: [{ message: ['RAKP Message 1', 'RAKP Message 3'], tag: 0 }] } })
  t.equal(openSession(bmc, {}, 9).tag, 9)
  const { payload, managedSessionId } = prepareRakp3(bmc)
  t.equal(sendRakp1(bmc, managedSessionId).answer.tag, 0)
  const answer = sendRakp3(bmc, payload)
  t.match(answer, { tag: 0, status: 0 })
})

test('a rule refuses Open Session for a suite or for a privilege level with its status', async (t) => {
  const { bmc } = bench({
    faults: {
      rules: [
        { message: 'Open Session Request', suite: 17, status: RmcpPlusStatus.NoMatchingCipherSuite },
        { message: 'Open Session Request', privilege: 'administrator', status: RmcpPlusStatus.UnauthorizedRole },
        { message: 'Open Session Request', privilege: 'highest', status: RmcpPlusStatus.InvalidRole },
      ],
    },
  })
  const statusOf = (suite: 3 | 17, privilege: number) => openSession(bmc, { suite, privilege }).status
  t.equal(statusOf(17, 3), RmcpPlusStatus.NoMatchingCipherSuite)
  t.equal(statusOf(3, 4), RmcpPlusStatus.UnauthorizedRole)
  t.equal(statusOf(3, 0), RmcpPlusStatus.InvalidRole)
  t.equal(bmc.sessionCount, 0)
  t.match(openSession(bmc, { privilege: 3 }), { status: 0, consoleSessionId: 0x01020304 })
})

test('a refusal by a fault does not answer an Open Session Request that is too short', async (t) => {
  const { bmc } = bench({ faults: { fullSessionTable: true } })
  t.same(exchange(bmc, plainPacket.encode(PayloadType.OpenSessionRequest, new Uint8Array(31))), [])
  t.equal(bmc.counters.dropped.malformed, 1)
})

test('a rule refuses RAKP messages by suite and level, to the right console', async (t) => {
  const { bmc } = bench()
  const { payload, managedSessionId } = prepareRakp3(bmc)
  bmc.faults.rules = [
    { message: 'RAKP Message 1', privilege: 'administrator', status: RmcpPlusStatus.UnauthorizedRole, times: 1 },
    { message: 'RAKP Message 3', suite: 17, status: RmcpPlusStatus.InvalidRole },
    { message: 'RAKP Message 3', suite: 3, status: RmcpPlusStatus.InsufficientResources, times: 1 },
  ]
  const refused = { status: RmcpPlusStatus.UnauthorizedRole, consoleSessionId: 0x01020304 }
  t.match(sendRakp1(bmc, managedSessionId).answer, refused)
  t.equal(sendRakp1(bmc, managedSessionId).answer.status, 0)
  t.equal(sendRakp3(bmc, payload).status, RmcpPlusStatus.InsufficientResources)
  t.equal(sendRakp3(bmc, payload).status, 0)
})

test('handshake messages and commands outside a session are lost and delayed by rules', async (t) => {
  const { bmc, clock } = bench({ faults: { rules: [{ message: 'Open Session Request', lose: 'request' }] } })
  t.throws(() => openSession(bmc))
  t.equal(bmc.sessionCount, 0)
  bmc.faults.rules = [{ message: 'Open Session Request', silent: true }]
  t.throws(() => openSession(bmc))
  t.equal(bmc.sessionCount, 1)
  for (const lose of ['request', 'answer'] as const) {
    bmc.faults.rules = [{ message: 'Get System GUID', lose }]
    const question = lanRequest.encode({ netFn: 6, command: 0x37, sequence: 1, data: new Uint8Array(0) })
    t.same(exchange(bmc, sessionlessPacket.encode(question)), [])
    t.same(exchange(bmc, plainPacket.encode(PayloadType.Ipmi, question)), [])
  }
  bmc.faults.rules = [{ message: 'Get System GUID', answerAfterMs: 100 }]
  const request = lanRequest.encode({ netFn: 6, command: 0x37, sequence: 1, data: new Uint8Array(0) })
  let answers = 0
  bmc.receive(sessionlessPacket.encode(request), peer, () => answers++)
  t.equal(answers, 0)
  await clock.pass(101)
  t.equal(answers, 1)
})

test('an answer comes from another port or another address of the loopback', async (t) => {
  const { bmc } = bench()
  const { address, port, close } = await listenBmc(bmc, { address: '127.0.0.1', port: 0 })
  const console = createSocket('udp4')
  t.teardown(() => console.close())
  const sourceOf = async () => {
    const request = lanRequest.encode({ netFn: 6, command: 0x37, sequence: 1, data: new Uint8Array(0) })
    console.send(sessionlessPacket.encode(request), port, address)
    const [, from] = await once(console, 'message', { signal: AbortSignal.timeout(10_000) })
    return from
  }
  t.match(await sourceOf(), { address, port })
  bmc.faults.rules = [{ from: {} }]
  const other = await sourceOf()
  t.equal(other.address, address)
  t.not(other.port, port)
  t.match(await sourceOf(), { port: other.port }, 'the source stays')
  bmc.faults.rules = [{ from: { address: '127.0.0.2' } }]
  t.match(await sourceOf(), { address: '127.0.0.2' })
  await close()
})
