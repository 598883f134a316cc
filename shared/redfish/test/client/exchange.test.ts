import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import { call, connected, SYSTEM, target } from '../fixture/connected.ts'
import { extended, type Reply, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const to = (location: string, status = 301): Reply => ({ status, headers: { location } })
const warm = (bmc = new ScriptedBmc()) => bmc.withSessions()
/** Requests after the login. */
const after = (bmc: ScriptedBmc) => bmc.lines.filter((line) => !line.includes('Session'))

test('every request has the headers of the protocol', async (t) => {
  const { bmc, connection, run } = connected(t, warm().on('GET', SYSTEM, { body: {} }).on('PATCH', SYSTEM, {}))
  await run(connection.get(SYSTEM, call()))
  await run(connection.patch(SYSTEM, { AssetTag: 'x' }, call()))
  const common = { accept: 'application/json', 'odata-version': '4.0', 'user-agent': 'powerbus' }
  for (const { headers } of bmc.seen) t.match(headers, common)
  t.equal(bmc.seen[1]?.headers['content-type'], undefined)
  t.equal(bmc.seen[2]?.headers['content-type'], 'application/json')
  t.same(bmc.seen[2]?.body, { AssetTag: 'x' })
})

const followed: [string, Reply, string][] = [
  ['301', to('/b', 301), '/b'],
  ['302', to('/b', 302), '/b'],
  ['303', to('/b', 303), '/b'],
  ['307', to('/b', 307), '/b'],
  ['308', to('/b', 308), '/b'],
  ['an absolute URL of the same host', to('https://192.0.2.7/b'), '/b'],
  ['an absolute URL with its port', to('https://192.0.2.7:443/b?c=1#d'), '/b?c=1'],
]
for (const [name, reply, path] of followed) {
  test(`a GET follows a redirect: ${name}`, async (t) => {
    const { bmc, connection, run } = connected(
      t,
      warm()
        .on('GET', '/a', reply)
        .on('GET', path, { body: { Id: 'b' } }),
    )
    t.equal((await run(connection.get('/a', call()))).body.Id, 'b')
    t.same(after(bmc), ['GET /a', `GET ${path}`])
  })
}

const notFollowed: [string, string, RegExp][] = [
  ['another host', 'https://192.0.2.8/b', /another host or port/],
  ['another port', 'https://192.0.2.7:8443/b', /another host or port/],
  ['another scheme', 'http://192.0.2.7/b', /another host or port/],
  ['a name with the address in front', 'https://192.0.2.7.evil.test/b', /another host or port/],
  ['the address as a user', 'https://192.0.2.7@evil.test/b', /another host or port/],
  ['a host without a scheme', '//evil.test/b', /no path/],
  ['no URL', 'https://[', /another host or port|no path/],
  ['a program', 'javascript:alert(1)', /no path/],
]
for (const [name, location, message] of notFollowed) {
  test(`no redirect is followed to ${name}`, async (t) => {
    const { bmc, connection, failure } = connected(t, warm().on('GET', '/a', to(location)))
    t.match(await failure(connection.get('/a', call())), { kind: 'malformed', message })
    t.same(after(bmc), ['GET /a'])
  })
}

test('a redirect loop ends after five redirects', async (t) => {
  const { bmc, connection, failure } = connected(t, warm().on('GET', '/a', to('/b')).on('GET', '/b', to('/a')))
  t.match(await failure(connection.get('/a', call())), { kind: 'malformed', message: /more than 5 times/ })
  t.equal(after(bmc).length, 6)
})

test('a POST or PATCH follows 307 and 308 with its body, and no other redirect', async (t) => {
  for (const status of [307, 308]) {
    const bmc = warm().on('POST', '/a', to('/b', status)).on('POST', '/b', { status: 204 })
    const { connection, run } = connected(t, bmc)
    t.equal((await run(connection.post('/a', { ResetType: 'On' }, call()))).status, 204)
    t.same(bmc.seen.at(-1)?.body, { ResetType: 'On' })
  }
  for (const status of [301, 302, 303]) {
    const { bmc, connection, failure } = connected(t, warm().on('PATCH', '/a', to('/b', status)))
    t.match(await failure(connection.patch('/a', {}, call())), { kind: 'refused', status })
    t.same(after(bmc), ['PATCH /a'])
  }
})

test('a path is tried with and without its trailing slash once, and the form is remembered for the BMC', async (t) => {
  const bmc = warm()
  bmc.on('GET', '/redfish/v1/a/', { body: {} }).on('GET', '/redfish/v1/b/?x=1', { body: {} })
  const { connection, failure, run } = connected(t, bmc)
  await run(connection.get('/redfish/v1/a', call()))
  await run(connection.get('/redfish/v1/b?x=1', call()))
  t.match(await failure(connection.get('/redfish/v1/c', call())), { kind: 'not-found', status: 404 })
  t.same(after(bmc), [
    'GET /redfish/v1/a',
    'GET /redfish/v1/a/',
    'GET /redfish/v1/b/?x=1',
    'GET /redfish/v1/c/',
    'GET /redfish/v1/c',
  ])
})

test('a redirect that only adds the slash teaches it, and the root keeps its own form', async (t) => {
  const bmc = warm().on('GET', '/redfish/v1/a/', to('/redfish/v1/a', 308)).on('GET', '/redfish/v1/a', { body: {} })
  bmc.on('GET', '/redfish/v1/b', { body: {} }).on('GET', '/redfish/v1/', { body: {} })
  const { connection, run } = connected(t, bmc)
  await run(connection.get('/redfish/v1/a/', call()))
  await run(connection.get('/redfish/v1/b/', call()))
  await run(connection.root(call()))
  t.same(after(bmc), ['GET /redfish/v1/a/', 'GET /redfish/v1/a', 'GET /redfish/v1/b', 'GET /redfish/v1/'])
})

test('gzip is asked for where the BMC has nothing else, and undone', async (t) => {
  const packed = { headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"Id":"x"}') }
  const bmc = warm().on('GET', SYSTEM, (request) =>
    request.headers['accept-encoding'] === 'identity' ? { status: 406 } : packed,
  )
  const { connection } = connected(t, bmc)
  const { connection: other } = connected(t, warm().on('GET', SYSTEM, packed))
  // Real time: zlib works in threads.
  t.equal((await connection.get(SYSTEM, call())).body.Id, 'x')
  t.equal((await other.get(SYSTEM, call())).body.Id, 'x')
  t.same(
    bmc.seen.slice(1).map(({ headers }) => headers['accept-encoding']),
    ['identity', 'gzip'],
  )
})

const faults: [string, Reply, RegExp][] = [
  ['an empty 200', { status: 200 }, /is empty/],
  ['204', { status: 204 }, /is empty/],
  ['a page', { status: 200, body: '<html>login</html>' }, /is not JSON/],
  ['cut JSON', { body: '{"Id":"x","Members":[' }, /is cut or damaged JSON/],
  ['a list', { body: '[]' }, /is JSON, but no object/],
  ['text', { body: '"x"' }, /is JSON, but no object/],
  ['null', { body: 'null' }, /is JSON, but no object/],
  ['too many levels', { body: `{"a":${'['.repeat(100_000)}` }, /deeper than 64 levels/],
  ['an unknown encoding', { headers: { 'content-encoding': 'zstd' }, body: 'x' }, /unknown encoding/],
  ['damaged gzip', { headers: { 'content-encoding': 'gzip' }, body: 'x' }, /damaged gzip/],
  [
    'a bomb of gzip',
    { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(9 * 1024 * 1024)) },
    /larger than 8388608/,
  ],
]
for (const [name, reply, message] of faults) {
  test(`a resource that is ${name} is an error, and no success of a read`, async (t) => {
    const { connection } = connected(t, warm().on('GET', SYSTEM, reply))
    const error = await connection.get(SYSTEM, call()).catch((found) => found)
    t.match(error, { kind: 'malformed', message, sent: true })
  })
}

test('brackets in text do not count as levels, and a resource may have 64 of them', async (t) => {
  const deep = `${'{"a":'.repeat(63)}{"b":"\\"${'['.repeat(500)}"}${'}'.repeat(63)}`
  const { connection, run } = connected(t, warm().on('GET', SYSTEM, { body: `\uFEFF${deep}\0\0\n` }))
  t.ok((await run(connection.get(SYSTEM, call()))).body.a)
})

const successes: [string, Reply][] = [
  ['200 with the resource', { body: { Id: '1' } }],
  ['an empty 200', { status: 200 }],
  ['201', { status: 201, body: {} }],
  ['202', { status: 202 }],
  ['204', { status: 204 }],
  ['a page', { status: 200, body: '<html>ok</html>' }],
  ['cut JSON', { status: 200, body: '{"a":' }],
]
for (const [name, reply] of successes) {
  test(`a write was accepted when it answers ${name}`, async (t) => {
    const { connection, run } = connected(t, warm().on('POST', SYSTEM, reply).on('PATCH', SYSTEM, reply))
    t.equal((await run(connection.post(SYSTEM, {}, call()))).status, reply.status ?? 200)
    t.equal((await run(connection.patch(SYSTEM, {}, call()))).status, reply.status ?? 200)
  })
}

const lost: [string, 'GET' | 'PATCH' | 'DELETE' | 'POST', Reply, string, number][] = [
  ['a GET on a used connection', 'GET', { fails: 'lost' }, 'ok', 2],
  ['a PATCH on a used connection', 'PATCH', { fails: 'lost' }, 'ok', 2],
  ['a DELETE on a used connection', 'DELETE', { fails: 'lost' }, 'ok', 2],
  ['a POST that was sent', 'POST', { fails: 'lost' }, 'unknown-outcome', 1],
  ['a POST whose answer was cut', 'POST', { fails: 'cut' }, 'unknown-outcome', 1],
  ['a GET on a new connection', 'GET', { fails: 'lost', reused: false }, 'unreachable', 1],
  ['a GET cut on a new connection', 'GET', { fails: 'cut', reused: false }, 'malformed', 1],
  ['a PATCH on a new connection', 'PATCH', { fails: 'lost', reused: false }, 'unknown-outcome', 1],
  ['a GET that found no connection', 'GET', { fails: 'connect', sent: false }, 'unreachable', 1],
  ['a POST that found no connection', 'POST', { fails: 'connect', sent: false }, 'unreachable', 1],
  ['a POST to a wrong certificate', 'POST', { fails: 'tls', sent: false }, 'tls', 1],
  ['a GET that is too large', 'GET', { fails: 'too-large' }, 'malformed', 1],
  ['a POST whose answer is no HTTP', 'POST', { fails: 'malformed' }, 'unknown-outcome', 1],
  ['a GET that hangs', 'GET', { hangs: true }, 'timeout', 1],
  ['a PATCH that hangs', 'PATCH', { hangs: true }, 'unknown-outcome', 1],
  ['a POST that hangs', 'POST', { hangs: true }, 'unknown-outcome', 1],
  ['a POST that hangs before it is sent', 'POST', { hangs: true, sent: false }, 'timeout', 1],
]
for (const [name, method, reply, expected, requests] of lost) {
  test(`${name} ends as ${expected} after ${requests} of its requests`, async (t) => {
    const bmc = warm().on(method, SYSTEM, reply, { status: 200, body: {} })
    const { connection, run } = connected(t, bmc)
    const calls = {
      GET: () => connection.get(SYSTEM, call()),
      PATCH: () => connection.patch(SYSTEM, {}, call()),
      DELETE: () => connection.remove(SYSTEM, call()),
      POST: () => connection.post(SYSTEM, {}, call()),
    }
    const found = await run(
      calls[method]().then(
        () => ({ kind: 'ok', sent: true }),
        (error) => error,
      ),
    )
    t.match(found, { kind: expected, sent: reply.sent ?? true })
    t.equal(after(bmc).length, requests)
  })
}

test('a connection that is lost twice is not opened a third time', async (t) => {
  const { bmc, connection, failure } = connected(t, warm().on('GET', SYSTEM, { fails: 'lost' }))
  t.match(await failure(connection.get(SYSTEM, call())), { kind: 'unreachable' })
  t.equal(after(bmc).length, 2)
})

test('calls of one BMC are sent one at a time, in their order, and one that leaves holds nobody up', async (t) => {
  const bmc = warm()
  const { client, clock, connection, run } = connected(t, bmc)
  bmc.on('GET', '/slow', { hangs: true })
  for (const path of ['/a', '/b', '/c']) bmc.on('GET', path, { body: { Id: path } })
  const stop = new AbortController()
  const slow = connection.get('/slow', call(10_000)).catch((error) => error.kind)
  const left = connection.get('/a', { signal: stop.signal, timeoutMs: 60_000 }).catch((error) => error)
  const others = ['/b', '/c'].map((path) => client.connect(target).get(path, call()))
  await clock.pass(1_000)
  t.same(after(bmc), ['GET /slow'])
  stop.abort()
  t.match(await run(left), { kind: 'aborted', sent: false })
  t.equal(await run(slow), 'timeout')
  await run(Promise.all(others))
  t.same(after(bmc), ['GET /slow', 'GET /b', 'GET /c'])
})

test('close ends the calls of a connection, and says of a POST that it was sent', async (t) => {
  const { clock, connection } = connected(t, warm().on('POST', SYSTEM, { hangs: true }))
  const going = connection.post(SYSTEM, {}, call()).catch((error) => error)
  await clock.pass(10)
  connection.close()
  t.match(await clock.run(going), { kind: 'closed', sent: true, message: /read the state before you repeat it/ })
})

const busy: [string, Reply, number | undefined][] = [
  ['503 with Retry-After', { status: 503, headers: { 'retry-after': '3' } }, 3_000],
  ['429 with Retry-After', { status: 429, headers: { 'retry-after': '3' } }, 3_000],
  ['503 without', { status: 503 }, 5_000],
  ['0 seconds are one', { status: 503, headers: { 'retry-after': '0' } }, 1_000],
  ['an hour is a minute', { status: 503, headers: { 'retry-after': '3600' } }, 60_000],
  ['nonsense is nothing', { status: 503, headers: { 'retry-after': 'soon' } }, 5_000],
  [
    'a date by the clock of the BMC',
    { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:01:10 GMT', date: 'Thu, 01 Jan 1970 00:01:00 GMT' } },
    10_000,
  ],
]
for (const [name, reply, waited] of busy) {
  test(`a busy BMC is asked again after ${waited} ms: ${name}`, async (t) => {
    const bmc = warm().on('GET', SYSTEM, reply, { body: {} }).on('POST', SYSTEM, reply, { status: 204 })
    const { clock, connection, run } = connected(t, bmc)
    for (const ask of [() => connection.get(SYSTEM, call(200_000)), () => connection.post(SYSTEM, {}, call(200_000))]) {
      const startMs = clock.nowMs()
      await run(ask() as Promise<unknown>)
      t.equal(clock.nowMs() - startMs, waited)
    }
  })
}

test('a busy BMC is asked seven times at most, and not when the deadline comes first', async (t) => {
  const { bmc, clock, connection, failure } = connected(t, warm().on('GET', SYSTEM, { status: 503 }))
  t.match(await failure(connection.get(SYSTEM, call(3_600_000))), { kind: 'busy', status: 503 })
  t.equal(after(bmc).length, 7)
  const startMs = clock.nowMs()
  t.match(await failure(connection.get(SYSTEM, call(4_000))), { kind: 'busy' })
  t.match(await failure(connection.get(SYSTEM, { ...call(), retryBusy: false })), { kind: 'busy' })
  t.equal(clock.nowMs(), startMs, 'a wait that cannot help is not begun')
})

test('a read that failed inside the BMC is sent twice more, a write never', async (t) => {
  for (const reply of [
    { status: 500 },
    { status: 502 },
    { status: 504 },
    { status: 400, body: extended('InternalError') },
  ]) {
    const { bmc, connection, failure } = connected(t, warm().on('GET', SYSTEM, reply).on('POST', SYSTEM, reply))
    t.match(await failure(connection.get(SYSTEM, call())), { kind: 'refused', status: reply.status })
    t.equal(after(bmc).length, 3)
    const expected = { kind: reply.status === 400 ? 'refused' : 'unknown-outcome', status: reply.status, sent: true }
    t.match(await failure(connection.post(SYSTEM, {}, call())), expected)
    t.equal(after(bmc).length, 4)
  }
})

test('a time-out is never followed by another request', async (t) => {
  const { bmc, clock, connection, failure } = connected(t, warm().on('GET', SYSTEM, { hangs: true }))
  const startMs = clock.nowMs()
  t.match(await failure(connection.get(SYSTEM, call(20_000))), { kind: 'timeout' })
  t.equal(clock.nowMs() - startMs, 20_000)
  t.same(after(bmc), [`GET ${SYSTEM}`])
})

test('a path that is none is refused before anything is sent', async (t) => {
  const { bmc, connection, failure } = connected(t)
  for (const path of ['Systems', '//evil.test/x', '', 'ftp://x/y']) {
    t.match(await failure(connection.get(path, call())), { kind: 'invalid', sent: false })
  }
  t.match(await failure(connection.get(SYSTEM, call(0))), { kind: 'invalid' })
  t.same(bmc.seen, [])
})
