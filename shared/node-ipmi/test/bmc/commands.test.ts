import { test } from 'tap'
import { answers } from '../../src/bmc/command-table.ts'
import {
  ChassisControl,
  chassisControl,
  chassisIdentify,
  cipherSuiteRecords,
  closeSession,
  getChannelAuthenticationCapabilities,
  getChannelCipherSuites,
  getChassisStatus,
  getDeviceId,
  getPohCounter,
  getSystemGuid,
  getSystemRestartCause,
  getUserAccess,
  getUserName,
  setPowerRestorePolicy,
  setSessionPrivilegeLevel,
} from '../../src/commands/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { guidToString } from '../../src/spec/guid.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { presencePing, presencePong } from '../../src/wire/asf.ts'
import { lanRequest, lanResponse } from '../../src/wire/lan-message.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { sessionlessPacket } from '../../src/wire/session-v15.ts'
import { commands } from '../commands/commands.ts'
import { bench, exchange, peer, RawSession } from './raw-console.ts'

const nothing = new Uint8Array(0)
const asAdministrator = (session: RawSession) => {
  session.send(setSessionPrivilegeLevel, { level: 4 })
  return session
}

test('the BMC supports every command that the client defines', async (t) => {
  t.same(answers.map(({ name }) => name).sort(), commands.map(({ name }) => name).sort())
})

test('a presence ping is answered', async (t) => {
  const [pong] = exchange(bench().bmc, presencePing.encode({ tag: 9 }))
  t.same(presencePong.decode(pong ?? nothing), { tag: 9, ipmi: true })
})

test('outside a session, in either framing, the BMC answers only commands without a privilege level', async (t) => {
  const { bmc } = bench({ guid: '00112233-4455-6677-8899-aabbccddeeff' })
  const framings = [
    { wrap: sessionlessPacket.encode, unwrap: sessionlessPacket.decode },
    {
      wrap: (message: Uint8Array) => plainPacket.encode(PayloadType.Ipmi, message),
      unwrap: (datagram: Uint8Array) => plainPacket.decode(datagram).payload,
    },
  ]
  for (const { wrap, unwrap } of framings) {
    const ask = (netFn: number, command: number, data: Uint8Array) => {
      const [answer] = exchange(bmc, wrap(lanRequest.encode({ netFn, command, data, sequence: 3 })))
      return lanResponse.decode(unwrap(answer ?? nothing))
    }
    const capabilities = { channel: 14, version20: true, privilege: 4 }
    const request = getChannelAuthenticationCapabilities.request.encode(capabilities)
    const response = getChannelAuthenticationCapabilities.response.decode(ask(6, 0x38, request).data)
    t.match(response, { channel: 1, extended: true, version20Sessions: true, version15Sessions: false, kgSet: false })
    const suites = ask(
      6,
      0x54,
      getChannelCipherSuites.request.encode({ channel: 14, payloadType: 0, index: 0, bySuite: true }),
    )
    const { records } = getChannelCipherSuites.response.decode(suites.data)
    t.same(
      cipherSuiteRecords.decode(records).map(({ id }) => id),
      [3, 17],
    )
    const guid = getSystemGuid.response.decode(ask(6, 0x37, nothing).data).guid
    t.equal(guidToString(guid, 'ipmi'), '00112233-4455-6677-8899-aabbccddeeff')
    t.equal(ask(6, 0x01, nothing).completionCode, CompletionCode.InsufficientPrivilege)
    t.equal(ask(0, 0x02, Uint8Array.of(0)).completionCode, CompletionCode.InsufficientPrivilege)
  }
})

test('every command needs its privilege level and is not executed below it', async (t) => {
  const { bmc, machine } = bench()
  const user = new RawSession(bmc)
  t.equal(user.send(chassisControl, { control: ChassisControl.powerDown }), CompletionCode.InsufficientPrivilege)
  t.equal(machine.on, true)
  t.match(user.send(getChassisStatus, {}), { powerOn: true })
  const operator = new RawSession(bmc, { username: 'op', password: 'operator', role: 0x13, consoleSessionId: 2 })
  t.equal(operator.send(setSessionPrivilegeLevel, { level: 4 }), 0x81)
  t.same(operator.send(setSessionPrivilegeLevel, { level: 0 }), { level: 2 })
  t.same(operator.send(setSessionPrivilegeLevel, { level: 3 }), { level: 3 })
  t.equal(operator.send(setSessionPrivilegeLevel, { level: 6 }), CompletionCode.InvalidDataField)
  t.same(operator.send(chassisControl, { control: ChassisControl.powerDown }), {})
  t.equal(machine.on, false)
})

test('power verbs reach the machine; those that need power are refused while it is off', async (t) => {
  const { bmc, machine } = bench()
  const session = asAdministrator(new RawSession(bmc))
  for (const verb of ['powerCycle', 'hardReset', 'diagnosticInterrupt', 'powerDown', 'powerDown'] as const) {
    t.same(session.send(chassisControl, { control: ChassisControl[verb] }), {})
  }
  for (const verb of ['powerCycle', 'hardReset', 'diagnosticInterrupt'] as const) {
    t.equal(session.send(chassisControl, { control: ChassisControl[verb] }), CompletionCode.NotInPresentState)
  }
  t.match(session.send(getChassisStatus, {}), { powerOn: false })
  t.equal(session.send(chassisControl, { control: 6 }), CompletionCode.InvalidDataField)
  t.same(machine.orders, ['powerCycle', 'hardReset', 'diagnosticInterrupt', 'powerDown', 'powerDown'])
  t.match(bmc.counters.executed, { powerCycle: 1, hardReset: 1, diagnosticInterrupt: 1, powerDown: 2, powerUp: 0 })
  t.match(session.send(getSystemRestartCause, {}), { cause: 1 })
})

test('a datagram that comes twice is executed once; a new sequence number makes a new request', async (t) => {
  const { bmc, machine } = bench()
  const session = asAdministrator(new RawSession(bmc))
  const cycle = session.seal(0, 2, Uint8Array.of(ChassisControl.powerCycle))
  t.equal(exchange(bmc, cycle).length, 1)
  t.equal(exchange(bmc, cycle).length, 0)
  t.equal(bmc.counters.dropped.sequence, 1)
  t.same(machine.orders, ['powerCycle'])
  session.raw(0, 2, Uint8Array.of(ChassisControl.powerCycle))
  t.equal(machine.orders.length, 2)
  t.equal(bmc.counters.executed.powerCycle, 2)
})

test('unknown commands, other LUNs and wrong lengths have their completion codes', async (t) => {
  const session = asAdministrator(new RawSession(bench().bmc))
  t.equal(session.raw(0x2c, 0x3e)?.completionCode, CompletionCode.InvalidCommand)
  t.equal(session.raw(0, 2)?.completionCode, CompletionCode.InvalidLength)
  t.equal(session.raw(0, 2, Uint8Array.of(1, 1))?.completionCode, CompletionCode.InvalidLength)
  t.equal(session.raw(6, 1, Uint8Array.of(1))?.completionCode, CompletionCode.InvalidLength)
  t.equal(session.send(getPohCounter, {}), CompletionCode.InvalidCommand)
})

test('the chassis status shows identify until its interval ends', async (t) => {
  const { bmc, clock } = bench()
  const session = asAdministrator(new RawSession(bmc))
  const state = () => (session.send(getChassisStatus, {}) as { identifyState: number }).identifyState
  t.equal(state(), 0)
  session.send(chassisIdentify, { intervalSeconds: 10, force: false })
  t.equal(state(), 1)
  await clock.pass(10_001)
  t.equal(state(), 0)
  session.send(chassisIdentify, { intervalSeconds: 0, force: true })
  await clock.pass(50_000)
  t.equal(state(), 2)
  session.send(chassisIdentify, { intervalSeconds: 0, force: false })
  t.equal(state(), 0)
})

test('the BMC answers with users, power restore policy and device ID', async (t) => {
  const { bmc } = bench({ deviceId: { productId: 77 } })
  const session = asAdministrator(new RawSession(bmc))
  t.match(session.send(getDeviceId, {}), { ipmiMajor: 2, productId: 77 })
  t.match(session.send(getUserAccess, { channel: 1, userId: 3 }), { maxUsers: 10, enabledUsers: 2, privilegeLimit: 3 })
  const { name } = session.send(getUserName, { userId: 2 }) as { name: Uint8Array }
  t.equal(Buffer.from(name).toString(), `admin${'\0'.repeat(11)}`)
  t.equal(session.send(getUserName, { userId: 11 }), CompletionCode.ParameterOutOfRange)
  t.same(session.send(setPowerRestorePolicy, { policy: 2 }), { stayOff: true, previous: true, powerOn: true })
  t.match(session.send(getChassisStatus, {}), { restorePolicy: 2 })
})

test('Close Session ends only its own session', async (t) => {
  const { bmc } = bench()
  const one = new RawSession(bmc)
  const other = new RawSession(bmc, { consoleSessionId: 2 })
  t.equal(one.send(closeSession, { sessionId: other.managedSessionId }), 0x87)
  t.same(one.send(closeSession, { sessionId: one.managedSessionId }), {})
  t.equal(one.raw(6, 1), undefined)
  t.equal(other.raw(6, 1)?.completionCode, 0)
  t.equal(bmc.sessionCount, 1)
})

test('a session accepts packets only from the address and port that opened it', async (t) => {
  const { bmc } = bench()
  const session = new RawSession(bmc)
  t.same(exchange(bmc, session.seal(6, 1, nothing), { ...peer, address: '10.0.0.10' }), [])
  t.equal(bmc.counters.dropped.unknownSession, 1)
})

test('a command in a session with a flipped bit gets no answer, except in ignored header bits', async (t) => {
  const { bmc, machine } = bench()
  const session = asAdministrator(new RawSession(bmc))
  const datagram = session.seal(0, 2, Uint8Array.of(ChassisControl.powerDown))
  for (let bit = 32; bit < datagram.length * 8; bit++) {
    const flipped = Uint8Array.from(datagram)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    if (exchange(bmc, flipped).length > 0) t.fail(`bit ${bit}`)
  }
  t.same(machine.orders, [])
  t.equal(exchange(bmc, datagram).length, 1)
  t.same(machine.orders, ['powerDown'])
})
