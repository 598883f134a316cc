import { Secret } from '@powerbus/plugin-sdk'
import { VirtualClock } from '@powerbus/testkit'
import { IpmiClient } from 'node-ipmi'
import { test } from 'tap'
import { KeptSessions } from '../src/rmcp-plus/kept-sessions.ts'
import { memoryBmc } from './memory-bmc.ts'

const KEEP_MS = 5000
const target = { keepSessionMs: KEEP_MS }
const CONTROL = 'Chassis Control'

test('a kept session takes the next action in two datagrams, and is closed when its time is over', async (t) => {
  const { bmc, client, clock, power } = await memoryBmc({ isOn: true, target })
  await power('powerstatus')
  for (const pauseMs of [0, 1000, KEEP_MS - 100]) {
    await clock.pass(pauseMs)
    const before = client.counters.datagramsSent
    t.match(await power('powerstatus'), { Power: 'on' })
    t.equal(client.counters.datagramsSent - before, 1, 'one command, and no login')
  }
  t.equal(bmc.counters.sessions, 1)
  await clock.pass(KEEP_MS - 100)
  t.equal(bmc.sessionCount, 1, 'its time begins anew with each action')
  await clock.pass(200)
  t.equal(bmc.sessionCount, 0)
  t.match(await power('poweroff'), { Power: 'off', Verified: true })
  t.equal(bmc.counters.sessions, 2)
})

test('without the option a session is closed after each action', async (t) => {
  const { bmc, clock, power } = await memoryBmc({ isOn: true })
  for (const sessions of [1, 2]) {
    await power('powerstatus')
    await clock.pass(100)
    t.equal(bmc.sessionCount, 0)
    t.equal(bmc.counters.sessions, sessions)
  }
})

test('another login, privilege or quirk closes the kept session before the BMC sees a second one', async (t) => {
  const { bmc, clock, powerAs } = await memoryBmc({ isOn: true })
  const logins = [
    {},
    { privilege: 'administrator' },
    { cipherSuite: 3 },
    { workarounds: ['no-boot-timer-option'] },
    {},
  ] as const
  for (const [index, login] of logins.entries()) {
    await powerAs({ ...target, ...login }, 'powerstatus')
    await clock.pass(100)
    t.equal(bmc.counters.sessions, index + 1)
    t.equal(bmc.sessionCount, 1, 'one session with the BMC')
  }
  await t.rejects(powerAs({ ...target, password: new Secret('wrong') }, 'powerstatus'), { code: 'AUTH_FAILED' })
  await clock.pass(100)
  t.equal(bmc.sessionCount, 0, 'nobody is logged in any more with the password of before')
  await powerAs({}, 'powerstatus')
  await clock.pass(100)
  t.equal(bmc.sessionCount, 0, 'an action that keeps none keeps none')
})

test('a session is not kept after a refusal', async (t) => {
  const { bmc, clock, power } = await memoryBmc({ target, faults: { completionCodes: { [CONTROL]: 0xcc } } })
  await t.rejects(power('poweron'), { code: 'IPMI_COMPLETION' })
  await clock.pass(100)
  t.equal(bmc.sessionCount, 0)
})

test('a kept session that the BMC has lost is opened anew, and a cycle is done once', async (t) => {
  const { bmc, clock, count, power } = await memoryBmc({ isOn: true, target })
  await power('powerstatus')
  bmc.restart()
  await clock.pass(1000)
  t.match(await power('powercycle'), { Power: 'on', Changed: true, Verified: true })
  t.equal(count('powerCycle'), 1)
  t.equal(bmc.counters.sessions, 2)
})

test('the driver closes kept sessions when it is closed', async (t) => {
  const { bmc, clock, factory, power } = await memoryBmc({ isOn: true, target })
  await power('powerstatus')
  t.equal(bmc.sessionCount, 1)
  await clock.run(factory.close())
  t.equal(bmc.sessionCount, 0)
  t.equal(clock.pending, 0)
})

test('beyond the most sessions the one that is kept longest is closed', async (t) => {
  const clock = new VirtualClock()
  const kept = new KeptSessions(clock, 2)
  const client = new IpmiClient()
  t.teardown(() => client.close())
  const login = (address: string) => ({ address, username: 'admin', password: 'secret' })
  const keep = (address: string) => kept.keep(address, login(address), client.open(login(address)), KEEP_MS)
  for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) keep(address)
  t.equal(kept.take('10.0.0.1', login('10.0.0.1')), undefined)
  t.equal(clock.pending, 2)
  t.ok(kept.take('10.0.0.2', login('10.0.0.2')))
  t.equal(kept.take('10.0.0.2', login('10.0.0.2')), undefined, 'given once')
  t.ok(kept.take('10.0.0.3', login('10.0.0.3')))
  t.equal(clock.pending, 0)
})
