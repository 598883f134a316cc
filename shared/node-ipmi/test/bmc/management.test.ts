import { test } from 'tap'
import type { Chassis } from '../../src/bmc/index.ts'
import {
  closeSession,
  coldReset,
  DCMI_GROUP,
  DcmiCapability,
  getDcmiCapabilitiesInfo,
  getLanConfigurationParameters,
  getPowerReading,
  getSessionInfo,
  LanParameter,
  PowerReadingMode,
  SessionIndex,
  setSessionPrivilegeLevel,
  warmReset,
} from '../../src/commands/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { bench, openSession, peer, RawSession } from './raw-console.ts'

const nothing = new Uint8Array(0)

function administrator(options: Parameters<typeof bench>[0] = {}) {
  const lab = bench(options)
  const session = new RawSession(lab.bmc)
  session.send(setSessionPrivilegeLevel, { level: 4 })
  return { ...lab, session }
}

test('MC reset is answered, then all sessions are gone and the BMC takes new ones', async (t) => {
  for (const command of [coldReset, warmReset]) {
    const { bmc, session, machine, clock } = administrator()
    const other = new RawSession(bmc, { consoleSessionId: 2 })
    t.equal(other.send(command, {}), CompletionCode.InsufficientPrivilege)
    t.equal(bmc.sessionCount, 2, 'a refused reset is none')
    t.same(session.send(command, {}), {})
    await clock.pass(101)
    t.equal(bmc.sessionCount, 0)
    t.equal(session.raw(6, 1), undefined)
    t.equal(new RawSession(bmc, { consoleSessionId: 3 }).raw(6, 1)?.completionCode, 0)
    t.same(machine.orders, [])
  }
})

test('the BMC answers nothing for restartMs after an MC reset', async (t) => {
  const { bmc, session, clock } = administrator({ restartMs: 60_000 })
  session.send(coldReset, {})
  await clock.pass(100)
  t.throws(() => openSession(bmc))
  await clock.pass(59_999)
  t.throws(() => openSession(bmc))
  t.equal(bmc.counters.dropped.restarting, 2)
  await clock.pass(1)
  t.equal(openSession(bmc).status, 0)
})

test('an MC reset whose answer a fault delays restarts the BMC after that answer', async (t) => {
  const { bmc, session, clock } = administrator()
  bmc.faults.rules = [{ message: 'Cold Reset', answerAfterMs: 1000 }]
  let answers = 0
  bmc.receive(session.seal(6, 2, nothing), peer, () => answers++)
  await clock.pass(999)
  t.equal(session.raw(6, 1)?.completionCode, 0)
  await clock.pass(102)
  t.equal(answers, 1)
  t.equal(bmc.sessionCount, 0)
})

test('Get Session Info answers for the sending session, by number, handle and session ID', async (t) => {
  const { bmc, session } = administrator({ maxSessions: 5 })
  const from = { address: '10.0.0.77', port: 0xabcd }
  const operator = new RawSession(bmc, { username: 'op', password: 'operator', role: 0x13, from })
  openSession(bmc, { consoleSessionId: 9 })
  const ask = (index: number, selector = nothing) => session.send(getSessionInfo, { index, selector })
  const admin = { handle: 1, userId: 2, privilege: 4, possibleSessions: 5, activeSessions: 2 }
  const op = { handle: 2, userId: 3, privilege: 2, consolePort: 0xabcd, channel: 1, protocol: 1 }
  t.match(ask(SessionIndex.current), admin)
  t.match(ask(1), admin)
  t.match(ask(2), { ...op, consoleAddress: Uint8Array.of(10, 0, 0, 77) })
  t.match(ask(SessionIndex.byHandle, Uint8Array.of(2)), op)
  const id = operator.managedSessionId
  t.match(ask(SessionIndex.byId, Uint8Array.of(id, id >>> 8, id >>> 16, id >>> 24)), op)
  t.match(operator.send(getSessionInfo, { index: 0, selector: nothing }), op)
})

test('for a session that does not exist Get Session Info has only the counts', async (t) => {
  const { session } = administrator()
  for (const request of [[3], [0xfe, 9], [0xff, 1, 2, 3, 4]]) {
    t.same([...(session.raw(6, 0x3d, Uint8Array.from(request))?.data ?? [])], [0, 32, 1])
  }
  for (const request of [[0, 1], [0xfe], [0xfe, 1, 1], [0xff, 1]]) {
    t.equal(session.raw(6, 0x3d, Uint8Array.from(request))?.completionCode, CompletionCode.InvalidLength)
  }
})

test('a handle stays with its session and is used again after it', async (t) => {
  const { bmc } = bench()
  const [one, two] = [new RawSession(bmc, { consoleSessionId: 1 }), new RawSession(bmc, { consoleSessionId: 2 })]
  const handle = (number: number) => two.send(getSessionInfo, { index: number, selector: nothing })
  t.same(one.send(closeSession, { sessionId: one.managedSessionId }), {})
  t.match(handle(1), { handle: 2, activeSessions: 1 })
  new RawSession(bmc, { consoleSessionId: 3 })
  t.match(handle(2), { handle: 1, activeSessions: 2 })
})

test('LAN configuration: what the options say, and where the BMC listens', async (t) => {
  const lan = {
    subnetMask: '255.255.0.0',
    gateway: '10.1.0.1',
    macAddress: '02:00:00:00:00:0a',
    source: 'dhcp',
  } as const
  const { bmc, session } = administrator({ lan })
  const get = (parameter: number, channel = 1) => {
    const answer = session.send(getLanConfigurationParameters, {
      channel,
      revisionOnly: false,
      parameter,
      set: 0,
      block: 0,
    })
    return typeof answer === 'number' ? answer : [...answer.data]
  }
  t.same(get(LanParameter.address), [0, 0, 0, 0])
  bmc.listensAt({ address: '10.1.2.3', port: 0x1234 })
  for (const [parameter, data] of [
    [LanParameter.setInProgress, [0]],
    [LanParameter.address, [10, 1, 2, 3]],
    [LanParameter.addressSource, [2]],
    [LanParameter.macAddress, [2, 0, 0, 0, 0, 10]],
    [LanParameter.subnetMask, [255, 255, 0, 0]],
    [LanParameter.defaultGateway, [10, 1, 0, 1]],
    [LanParameter.primaryPort, [0x34, 0x12]],
    [LanParameter.vlanId, [0, 0]],
    [LanParameter.cipherSuiteCount, [2]],
    [LanParameter.cipherSuites, [0, 3, 17, ...Array(14).fill(0)]],
    [LanParameter.cipherSuitePrivileges, [0, 0x44, 0, 0, 0, 0, 0, 0, 0]],
  ] as const) {
    t.same(get(parameter), data, `parameter ${parameter}`)
  }
  t.same(get(LanParameter.address, 14), [10, 1, 2, 3])
  t.equal(get(LanParameter.address, 2), CompletionCode.InvalidDataField)
  t.equal(get(200), 0x80)
  t.same(Buffer.from(session.raw(12, 2, Uint8Array.of(0x81, 3, 0, 0))?.data ?? []), Buffer.of(0x11))
})

test('LAN settings: an own address goes before the bound one, and the MAC comes from the GUID', async (t) => {
  const { bmc, session } = administrator({
    lan: { address: '192.0.2.7' },
    guid: '00112233-4455-6677-8899-aabbccddeeff',
  })
  bmc.listensAt({ address: '::1', port: 623 })
  const data = (parameter: number) => [...(session.raw(12, 2, Uint8Array.of(1, parameter, 0, 0))?.data ?? [])].slice(1)
  t.same(data(LanParameter.address), [192, 0, 2, 7])
  t.same(data(LanParameter.subnetMask), [255, 255, 255, 0])
  t.same(data(LanParameter.macAddress), [2, 0xff, 0xee, 0xdd, 0xcc, 0xbb])
  for (const lan of [{ address: '1.2.3' }, { subnetMask: '::1' }, { gateway: 'x' }, { macAddress: '02:00' }]) {
    t.throws(() => bench({ lan }), { name: 'RangeError', message: /lan\./ })
  }
})

test('Get Power Reading has the watts of the chassis, rounded and in range', async (t) => {
  const on: Chassis = { isOn: () => true, control: () => 'accepted' }
  const reading = { watts: 181.6, minimumWatts: -3, maximumWatts: 70_000, averageWatts: 150, periodMs: 60_000 }
  const request = { group: DCMI_GROUP, mode: PowerReadingMode.system, period: 0, reserved: 0 }
  const { session } = administrator({ chassis: { ...on, powerReading: () => reading } })
  t.match(session.send(getPowerReading, request), {
    group: DCMI_GROUP,
    watts: 182,
    minimumWatts: 0,
    maximumWatts: 65_535,
    averageWatts: 150,
    periodMs: 60_000,
    active: true,
  })
  t.equal(session.send(getPowerReading, { ...request, mode: 2 }), CompletionCode.InvalidDataField)
  t.equal(session.send(getPowerReading, { ...request, group: 0 }), CompletionCode.InvalidCommand)
  const plain = administrator({ chassis: { ...on, powerReading: () => ({ watts: 7 }) } })
  t.match(plain.session.send(getPowerReading, request), { watts: 7, minimumWatts: 7, maximumWatts: 7, averageWatts: 7 })
  t.equal(administrator({ chassis: on }).session.send(getPowerReading, request), CompletionCode.InvalidCommand)
})

test('Get Power Reading waits for a chassis that measures asynchronously', async (t) => {
  const { bmc, session, clock } = administrator({
    chassis: { isOn: () => true, control: () => 'accepted', powerReading: async () => ({ watts: 9 }) },
  })
  const late: Uint8Array[] = []
  bmc.receive(session.seal(0x2c, 2, Uint8Array.of(DCMI_GROUP, 1, 0, 0)), peer, (answer) => late.push(answer))
  await clock.pass(1)
  t.same([...session.open(late[0] ?? nothing).data.subarray(0, 3)], [DCMI_GROUP, 9, 0])
})

test('DCMI capabilities exist for each parameter, and under no other group extension', async (t) => {
  const { session } = administrator()
  for (const parameter of Object.values(DcmiCapability)) {
    t.match(session.send(getDcmiCapabilitiesInfo, { group: DCMI_GROUP, parameter }), { conformanceMajor: 1 })
  }
  t.match(session.send(getDcmiCapabilitiesInfo, { group: DCMI_GROUP, parameter: DcmiCapability.supported }), {
    data: Uint8Array.of(0, 1, 0),
  })
  t.equal(
    session.send(getDcmiCapabilitiesInfo, { group: DCMI_GROUP, parameter: 6 }),
    CompletionCode.ParameterOutOfRange,
  )
  t.equal(session.send(getDcmiCapabilitiesInfo, { group: 0, parameter: 1 }), CompletionCode.InvalidCommand)
})
