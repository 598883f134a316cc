import { test } from 'tap'
import { RedfishClient } from '../../src/index.ts'
import { call, connected, SYSTEM, target } from '../fixture/connected.ts'
import { type Reply, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const SERVICE = '/redfish/v1/SessionService'
const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`

function bmcWith(timeoutS: number | string): ScriptedBmc {
  const bmc = new ScriptedBmc().withSessions()
  bmc.on('GET', SERVICE, { body: { SessionTimeout: timeoutS } })
  return bmc.on('GET', SYSTEM, { body: {} }).on('POST', RESET, { status: 204 })
}

test('a thousand actions open one session, and the close of the client leaves none', async (t) => {
  const { bmc, client, run } = connected(t, bmcWith(1800))
  const action = async () => {
    const connection = client.connect(target)
    await connection.get(SYSTEM, call())
    await connection.post(RESET, { ResetType: 'On' }, call())
    connection.close()
  }
  for (let count = 0; count < 1000; count++) await run(action())
  t.match(client.counters, { requests: 2001, sessionsOpened: 1 })
  t.equal(bmc.sessions.size, 1)
  await run(client.close())
  t.equal(bmc.sessions.size, 0)
  t.match(client.counters, { sessionsOpened: 1, sessionsClosed: 1, sessionsLeft: 0 })
})

test('actions that fail, hang or are left leave no session either', async (t) => {
  const bmc = bmcWith(1800).on('GET', '/hangs', { hangs: true }).on('GET', '/broken', { body: '{' })
  const { client, run } = connected(t, bmc)
  for (let count = 0; count < 100; count++) {
    const connection = client.connect(target)
    const path = ['/hangs', '/broken', '/missing', SYSTEM][count % 4] ?? SYSTEM
    await run(connection.get(path, call(1_000)).catch((error) => t.ok(error.kind)))
    if (count % 3 > 0) connection.close()
  }
  await run(client.close())
  t.equal(bmc.sessions.size, 0)
  t.equal(client.counters.sessionsOpened, client.counters.sessionsClosed)
})

const idle: [number | string, number][] = [
  [30, 15_000 + 10_000],
  [300, 160_000],
  ['1800', 910_000],
  ['soon', 160_000],
]
for (const [timeoutS, expectedMs] of idle) {
  test(`an idle session ends before a SessionTimeout of ${timeoutS}, which is asked for once`, async (t) => {
    const { bmc, clock, connection, run } = connected(t, bmcWith(timeoutS))
    await run(connection.get(SYSTEM, call()))
    const startMs = clock.nowMs()
    await clock.until(() => bmc.sessions.size === 0)
    t.equal(clock.nowMs() - startMs, expectedMs)
    t.equal(bmc.lines.filter((line) => line === `GET ${SERVICE}`).length, 1)
    await run(connection.get(SYSTEM, call()))
    t.equal(bmc.sessions.size, 1, 'the next call logs in again')
  })
}

test('a session in use is kept, without requests of its own', async (t) => {
  const { bmc, client, clock, connection, run } = connected(t, bmcWith(300))
  for (let count = 0; count < 200; count++) {
    await run(connection.get(SYSTEM, call()))
    await clock.pass(5_000)
  }
  t.match(client.counters, { sessionsOpened: 1, requests: 201 })
  t.notOk(bmc.lines.includes(`GET ${SERVICE}`))
})

test('a request that takes minutes keeps its session', async (t) => {
  const { bmc, client, clock, connection, run } = connected(t, bmcWith(30))
  await run(connection.get(SYSTEM, call()))
  await clock.pass(12_000)
  bmc.on('GET', '/firmware', { hangs: true })
  await run(connection.get('/firmware', call(180_000)).catch((error) => t.equal(error.kind, 'timeout')))
  t.equal(client.counters.sessionsOpened, 1)
  t.equal(bmc.sessions.size, 1)
})

const logouts: [string, Reply[], object, number][] = [
  ['204', [{ status: 204 }], { sessionsClosed: 1, sessionsLeft: 0 }, 1],
  ['200', [{ status: 200 }], { sessionsClosed: 1 }, 1],
  ['401, since it has run out', [{ status: 401 }], { sessionsClosed: 1 }, 1],
  ['428 without If-Match', [{ status: 428 }, { status: 204 }], { sessionsClosed: 1 }, 2],
  ['a lost connection, once', [{ fails: 'lost' }, { status: 204 }], { sessionsClosed: 1 }, 2],
  ['500', [{ status: 500 }], { sessionsClosed: 0, sessionsLeft: 1 }, 1],
  ['silence', [{ hangs: true }], { sessionsClosed: 0, sessionsLeft: 1 }, 1],
  ['no connection', [{ fails: 'connect', sent: false }], { sessionsLeft: 1 }, 1],
]
for (const [name, replies, counters, requests] of logouts) {
  test(`a logout that is answered by ${name} is counted as what it is, within 5 s`, async (t) => {
    const { bmc, client, clock, connection, run } = connected(t, bmcWith(1800))
    await run(connection.get(SYSTEM, call()))
    bmc.on('DELETE', '/redfish/v1/SessionService/Sessions/1', ...replies)
    const startMs = clock.nowMs()
    await run(client.close())
    t.match(client.counters, counters)
    t.equal(bmc.lines.filter((line) => line.startsWith('DELETE')).length, requests)
    t.ok(clock.nowMs() - startMs <= 5_000)
  })
}

test('a closed client takes no target, and its connections no call', async (t) => {
  const { client, connection, failure, run } = connected(t)
  await run(client.close())
  t.throws(() => client.connect(target), { name: 'RedfishError', message: /the client was closed/ })
  t.match(await failure(connection.get(SYSTEM, call())), { kind: 'closed', sent: false })
})

test('what is known of BMCs that nobody uses is bounded', async (t) => {
  const { clock } = connected(t)
  const bmc = bmcWith(1800).on('GET', '/redfish/v1/', { body: {} })
  const small = new RedfishClient({ clock, openWire: bmc.wire, rememberedBmcs: 10 })
  for (let at = 0; at < 30; at++) {
    const connection = small.connect({ ...target, address: `192.0.2.${at}` })
    await clock.run(connection.root(call()))
    connection.close()
  }
  bmc.seen.length = 0
  for (const at of [29, 0]) await clock.run(small.connect({ ...target, address: `192.0.2.${at}` }).root(call()))
  t.equal(bmc.seen.length, 1, 'the last one is remembered, the first is not')
  await clock.run(small.close())
})
