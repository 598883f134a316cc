import { test } from 'tap'
import type { RedfishError } from '../../src/index.ts'
import { call, connected, SYSTEM, target } from '../fixture/connected.ts'
import { extended, type Reply, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const SESSIONS = '/redfish/v1/SessionService/Sessions'
const session = (token: string, location: string): Reply => ({
  status: 201,
  headers: { 'x-auth-token': token, location },
  body: { Id: '1' },
})
const sessionsLink = { Links: { Sessions: { '@odata.id': SESSIONS } } }
const basic = `Basic ${Buffer.from('admin:hunter2!').toString('base64')}`

/** Reads the system after this answer to the login. */
function readAfter(...login: Reply[]) {
  return new ScriptedBmc().on('POST', SESSIONS, ...login).on('GET', SYSTEM, { body: { Id: '1' } })
}

test('the password goes to the sessions alone, and the token with every request', async (t) => {
  const { bmc, connection, run } = connected(t)
  bmc.on('GET', SYSTEM, { body: {} })
  await run(connection.get(SYSTEM, call()))
  await run(connection.get(SYSTEM, call()))
  t.same(bmc.lines, [`POST ${SESSIONS}`, `GET ${SYSTEM}`, `GET ${SYSTEM}`])
  t.match(bmc.seen[0]?.body, { UserName: 'admin', Password: 'hunter2!' })
  t.equal(bmc.seen[0]?.headers.authorization, undefined)
  t.same(
    bmc.seen.slice(1).map(({ headers }) => headers['x-auth-token']),
    ['token-1', 'token-1'],
  )
})

const withoutSessions: [string, Reply, string[]][] = [
  ['404', { status: 404 }, [`POST ${SESSIONS}`, `POST ${SESSIONS}/`, 'GET /redfish/v1/']],
  ['405', { status: 405 }, [`POST ${SESSIONS}`, 'GET /redfish/v1/']],
  ['501', { status: 501 }, [`POST ${SESSIONS}`, 'GET /redfish/v1/']],
  ['a login without a token', { status: 201, body: { Id: '1' } }, [`POST ${SESSIONS}`]],
]
for (const [name, reply, lines] of withoutSessions) {
  test(`Basic authentication is used where sessions answer ${name}, and is remembered`, async (t) => {
    const { bmc, connection, run } = connected(t, readAfter(reply).on('GET', '/redfish/v1/', { body: {} }))
    await run(connection.get(SYSTEM, call()))
    await run(connection.get(SYSTEM, call()))
    t.same(bmc.lines, [...lines, `GET ${SYSTEM}`, `GET ${SYSTEM}`])
    t.equal(bmc.seen.at(-1)?.headers.authorization, basic)
  })
}

test('Basic is used where 401 comes from a service that has no sessions at all', async (t) => {
  const { bmc, connection, run } = connected(t, readAfter({ status: 401 }).on('GET', '/redfish/v1/', { body: {} }))
  await run(connection.get(SYSTEM, call()))
  t.same(bmc.lines, [`POST ${SESSIONS}`, 'GET /redfish/v1/', `GET ${SYSTEM}`])
  t.equal(bmc.seen.at(-1)?.headers.authorization, basic)
})

test('sessions are found by the root where they are not at the usual path', async (t) => {
  const bmc = new ScriptedBmc()
    .on('GET', '/redfish/v1/', { body: { Links: { Sessions: { '@odata.id': '/redfish/v1/Auth/Sessions' } } } })
    .on('POST', '/redfish/v1/Auth/Sessions', session('token-t', '/redfish/v1/Auth/Sessions/1'))
    .on('DELETE', '/redfish/v1/Auth/Sessions/1', { status: 204 })
    .on('GET', SYSTEM, { body: {} })
  const { client, connection, run } = connected(t, bmc)
  await run(connection.get(SYSTEM, call()))
  await run(client.close())
  t.equal(bmc.seen.at(-2)?.headers['x-auth-token'], 'token-t')
  t.equal(bmc.lines.at(-1), 'DELETE /redfish/v1/Auth/Sessions/1')
})

const places: [string, Reply, string][] = [
  ['a path', session('token-t', `${SESSIONS}/7`), `${SESSIONS}/7`],
  ['an absolute URL of a name of its own', session('token-t', `https://bmc.internal${SESSIONS}/7`), `${SESSIONS}/7`],
  ['an absolute URL with http', session('token-t', `http://10.0.0.1:80${SESSIONS}/7`), `${SESSIONS}/7`],
  [
    'the body alone',
    { status: 201, headers: { 'x-auth-token': 'token-t' }, body: { '@odata.id': `${SESSIONS}/7` } },
    `${SESSIONS}/7`,
  ],
  ['an id alone', { status: 201, headers: { 'x-auth-token': 'token-t' }, body: { Id: '7' } }, `${SESSIONS}/7`],
]
for (const [name, reply, path] of places) {
  test(`the session is deleted where the login named it by ${name}`, async (t) => {
    const { bmc, client, connection, run } = connected(t, readAfter(reply).on('DELETE', path, { status: 204 }))
    await run(connection.get(SYSTEM, call()))
    await run(client.close())
    t.equal(bmc.lines.at(-1), `DELETE ${path}`)
    t.match(client.counters, { sessionsOpened: 1, sessionsClosed: 1, sessionsLeft: 0 })
  })
}

test('a login without a place is counted as left', async (t) => {
  const bmc = readAfter({ status: 201, headers: { 'x-auth-token': 'token-t' } })
  const { client, connection, run } = connected(t, bmc)
  await run(connection.get(SYSTEM, call()))
  await run(client.close())
  t.match(client.counters, { sessionsOpened: 1, sessionsClosed: 0, sessionsLeft: 1 })
})

test('wrong credentials end the call at once, and are not sent again for a minute', async (t) => {
  const bmc = readAfter(
    { status: 401, body: extended('ResourceAtUriUnauthorized', [SESSIONS, 'bad']) },
    session('token-t', `${SESSIONS}/1`),
  )
  const { clock, client, connection, failure, run } = connected(t, bmc)
  const first = await failure(connection.get(SYSTEM, call()))
  t.match(first, { kind: 'credentials', status: 401, sent: false })
  t.match(await failure(client.connect(target).get(SYSTEM, call())), {
    kind: 'credentials',
    message: /not sent again for \d+ s/,
    sent: false,
  })
  t.equal(bmc.lines.filter((line) => line.startsWith('POST')).length, 1)
  t.match(await failure(client.connect({ ...target, password: 'other' }).get('/redfish/v1/no', call())), {
    kind: 'not-found',
  })
  await clock.pass(60_000)
  await run(connection.get(SYSTEM, call()))
})

const refusals: [string, Reply, object][] = [
  [
    'iLO refuses with 400',
    { status: 400, body: extended('UnauthorizedLoginAttempt', [], undefined, 'iLO.2.14') },
    { kind: 'credentials', status: 400 },
  ],
  [
    'the password must be changed',
    { status: 403, body: extended('PasswordChangeRequired', ['/redfish/v1/AccountService/Accounts/2']) },
    { kind: 'password-change', account: '/redfish/v1/AccountService/Accounts/2' },
  ],
  ['403 with a page', { status: 403, body: '<html>no</html>' }, { kind: 'privilege', status: 403 }],
  ['a failure inside', { status: 500 }, { kind: 'unknown-outcome', status: 500, sent: false }],
]
for (const [name, reply, expected] of refusals) {
  test(`a login is not repeated when ${name}`, async (t) => {
    const { bmc, connection, failure } = connected(t, readAfter(reply))
    t.match(await failure(connection.get(SYSTEM, call())), { ...expected, sent: false })
    t.equal(bmc.lines.filter((line) => line.startsWith('POST')).length, 1)
  })
}

test('a login that asks for a new password works: the account may be changed by the first call', async (t) => {
  const account = '/redfish/v1/AccountService/Accounts/1'
  const bmc = new ScriptedBmc()
    .on('POST', SESSIONS, {
      ...session('token-t', `${SESSIONS}/1`),
      body: { '@Message.ExtendedInfo': [{ MessageId: 'Base.1.18.PasswordChangeRequired', MessageArgs: [account] }] },
    })
    .on('PATCH', account, { status: 204 })
    .on('GET', SYSTEM, { status: 403, body: extended('PasswordChangeRequired', [account], undefined, 'Base.1.18.1') })
  const { connection, failure, run } = connected(t, bmc)
  await run(connection.patch(account, { Password: 'new' }, call()))
  t.same(bmc.lines, [`POST ${SESSIONS}`, `PATCH ${account}`])
  t.match(await failure(connection.get(SYSTEM, call())), { kind: 'password-change', account })
})

const full: [string, Reply][] = [
  ['SessionLimitExceeded', { status: 503, body: extended('SessionLimitExceeded') }],
  ['RAC0218', { status: 400, body: extended('RAC0218', [], undefined, 'IDRAC.2.8') }],
  [
    'text alone',
    { status: 400, body: extended('GeneralError', [], 'The maximum number of user sessions is reached.') },
  ],
]
for (const [name, reply] of full) {
  test(`a BMC without a free session is asked again, and then Basic is used: ${name}`, async (t) => {
    const freed = connected(t, readAfter(reply, session('token-t', `${SESSIONS}/1`)))
    await freed.run(freed.connection.get(SYSTEM, call()))
    t.same(freed.bmc.lines, [`POST ${SESSIONS}`, `POST ${SESSIONS}`, `GET ${SYSTEM}`])
    t.equal(freed.bmc.seen.at(-1)?.headers['x-auth-token'], 'token-t')

    const stays = connected(t, readAfter(reply))
    const startMs = stays.clock.nowMs()
    await stays.run(stays.connection.get(SYSTEM, call(60_000)))
    t.equal(stays.bmc.seen.at(-1)?.headers.authorization, basic)
    t.ok(stays.clock.nowMs() - startMs <= 35_000, 'Basic had time left')
  })
}

test('a busy login waits as the BMC says', async (t) => {
  const busy = { status: 503, headers: { 'retry-after': '7' } }
  const { clock, connection, run } = connected(t, readAfter(busy, busy, session('token-t', `${SESSIONS}/1`)))
  const startMs = clock.nowMs()
  await run(connection.get(SYSTEM, call()))
  t.equal(clock.nowMs() - startMs, 14_000)
})

test('a session that ran out is replaced by a new one, once, and the request is sent again', async (t) => {
  for (const lost of [
    { status: 401, body: extended('NoValidSession') },
    { status: 401, body: '<html></html>' },
    { status: 403, body: extended('InvalidSession') },
    { status: 403, body: extended('AccessDenied', [SYSTEM]) },
  ]) {
    const bmc = new ScriptedBmc().withSessions().on('POST', SYSTEM, lost, { status: 204 })
    const { connection, run } = connected(t, bmc)
    await run(connection.post(SYSTEM, {}, call()))
    t.same(bmc.lines, [
      `POST ${SESSIONS}`,
      `POST ${SYSTEM}`,
      `DELETE ${SESSIONS}/1`,
      `POST ${SESSIONS}`,
      `POST ${SYSTEM}`,
    ])
    t.equal(bmc.sessions.size, 1, 'the old one is not left')
  }
})

test('403 that stays after a new login is a matter of rights', async (t) => {
  const bmc = new ScriptedBmc()
    .withSessions()
    .on('GET', SYSTEM, { status: 403, body: extended('AccessDenied', [SYSTEM]) })
  const { client, connection, failure } = connected(t, bmc)
  t.match(await failure(connection.get(SYSTEM, call())), { kind: 'privilege', status: 403 })
  t.equal(client.counters.sessionsOpened, 2)
})

test('a sporadic 401 with proven credentials is borne four times in a row, and the fifth is final', async (t) => {
  const bmc = new ScriptedBmc().withSessions().on('GET', SYSTEM, { status: 401 })
  bmc.on('GET', '/redfish/v1/Chassis', { body: {} })
  const { connection, failure, run } = connected(t, bmc)
  const short = () => failure(connection.get(SYSTEM, { ...call(), retryBusy: false }))
  t.match(await short(), { kind: 'busy', status: 401 })
  await run(connection.get('/redfish/v1/Chassis', call()))
  for (let count = 1; count <= 4; count++) t.match(await short(), { kind: 'busy', status: 401 }, `${count}`)
  t.match(await short(), { kind: 'credentials', status: 401 })
  const before = bmc.seen.length
  t.match(await short(), { kind: 'credentials', message: /not sent again/ })
  t.equal(bmc.seen.length, before)
})

test('a refused login is borne where the same credentials were right before', async (t) => {
  const bmc = readAfter(session('token-t', `${SESSIONS}/1`), { status: 401 }, session('token-u', `${SESSIONS}/2`))
  bmc.on('GET', SYSTEM, { status: 401 }, { body: {} })
  const { connection, failure, run } = connected(t, bmc)
  t.match(await failure(connection.get(SYSTEM, call())), {
    kind: 'busy',
    message: /took the same user and password before/,
  })
  await run(connection.get(SYSTEM, call()))
  t.equal(bmc.seen.at(-1)?.headers['x-auth-token'], 'token-u')
})

test('calls at the same time share one login and one session', async (t) => {
  const { bmc, client, connection, run } = connected(t)
  bmc.on('GET', SYSTEM, { body: {} })
  const other = client.connect(target)
  await run(Promise.all([connection, other, connection].map((one) => one.get(SYSTEM, call()))))
  t.equal(client.counters.sessionsOpened, 1)
})

test('a BMC has one session at most: another user logs in after the first has logged out', async (t) => {
  const { bmc, client, connection, run } = connected(t)
  bmc.on('GET', SYSTEM, { body: {} })
  await run(connection.get(SYSTEM, call()))
  const other = client.connect({ ...target, username: 'operator' })
  await run(other.get(SYSTEM, call()))
  t.equal(bmc.sessions.size, 1)
  t.same(bmc.lines.slice(2), [`DELETE ${SESSIONS}/1`, `POST ${SESSIONS}`, `GET ${SYSTEM}`])
})

test('a caller that leaves during the login leaves no session behind', async (t) => {
  const bmc = new ScriptedBmc().withSessions()
  const stop = new AbortController()
  const { client, connection, failure, run } = connected(t, bmc)
  const going = connection.get(SYSTEM, { signal: stop.signal, timeoutMs: 60_000 })
  stop.abort()
  t.match(await failure(going), { kind: 'aborted', sent: false })
  await run(client.close())
  t.equal(bmc.sessions.size, 0)
  t.equal(client.counters.sessionsClosed, client.counters.sessionsOpened)
})

test('a login that hangs costs each caller its own deadline', async (t) => {
  const { clock, connection } = connected(t, readAfter({ hangs: true }))
  const ended: [number, RedfishError][] = []
  const startMs = clock.nowMs()
  const note = (error: RedfishError) => void ended.push([clock.nowMs() - startMs, error])
  await clock.run(
    Promise.all([10_000, 30_000].map((ms) => connection.get(SYSTEM, call(ms)).then(() => undefined, note))),
  )
  t.match(ended, [
    [10_000, { kind: 'timeout', sent: false }],
    [30_000, { kind: 'timeout', sent: false }],
  ])
})

test('a login lasts as long as any of its callers waits', async (t) => {
  const busy = { status: 503, headers: { 'retry-after': '8' } }
  const { connection, run } = connected(t, readAfter(busy, busy, busy, session('token-t', `${SESSIONS}/1`)))
  const first = connection.get(SYSTEM, call(4_000)).catch((error) => error.kind)
  const second = connection.get(SYSTEM, call(60_000))
  t.equal(await run(first), 'timeout')
  t.same((await run(second)).body, { Id: '1' })
})

test('a caller that comes while a login is given up begins another one', async (t) => {
  const { clock, connection, run } = connected(t, readAfter({ hangs: true }, session('token-t', `${SESSIONS}/1`)))
  t.equal(await run(connection.get(SYSTEM, call(4_000)).catch((error) => error.kind)), 'timeout')
  await clock.pass(5_000)
  t.same((await run(connection.get(SYSTEM, call()))).body, { Id: '1' })
})

test('a login that hangs is begun anew after two minutes, although callers keep coming', async (t) => {
  const { bmc, clock, connection } = connected(t, readAfter({ hangs: true }))
  for (let count = 0; count < 60; count++) {
    connection.get(SYSTEM, call(20_000)).catch((error) => t.equal(error.kind, 'timeout'))
    await clock.pass(5_000)
  }
  t.equal(bmc.seen.length, 3)
  await clock.pass(30_000)
})

test('a BMC that takes Basic no more is asked for a session again', async (t) => {
  const bmc = readAfter({ status: 405 }, session('token-t', `${SESSIONS}/1`)).on('GET', '/redfish/v1/', {
    body: sessionsLink,
  })
  bmc.on('GET', SYSTEM, { body: {} }, { status: 401 }, { body: {} })
  const { connection, failure, run } = connected(t, bmc)
  await run(connection.get(SYSTEM, call()))
  t.match(await failure(connection.get(SYSTEM, { ...call(), retryBusy: false })), { kind: 'busy' })
  await run(connection.get(SYSTEM, call()))
  t.equal(bmc.seen.at(-1)?.headers['x-auth-token'], 'token-t')
})
