import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { FIRMWARE_LIMIT_BYTES, RedfishClient, type RedfishError, systemClock } from '../../src/index.ts'
import { call } from '../fixture/connected.ts'
import { certificate, dial, startTlsBmc } from '../fixture/tls-bmc.ts'

const ROOT = '/redfish/v1/'
const MEBIBYTE = 1024 * 1024

interface RawBmc {
  readonly port: number
  /** Connections that are open now, and all that ever were. */
  readonly open: Set<Socket>
  readonly accepted: number
  readonly requests: string[]
}

/** A server that writes bytes as the test says, for each request that arrives. */
async function startRaw(t: Test, answer: (socket: Socket, request: string, count: number) => void): Promise<RawBmc> {
  const open = new Set<Socket>()
  const requests: string[] = []
  let accepted = 0
  const server = createServer((socket) => {
    accepted += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => undefined)
    socket.on('data', (data) => {
      requests.push(String(data).split('\r\n')[0] ?? '')
      answer(socket, String(data), requests.length)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of open) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    open,
    requests,
    get accepted() {
      return accepted
    },
  }
}

function plain(t: Test, port: number, options: ConstructorParameters<typeof RedfishClient>[0] = {}) {
  const client = new RedfishClient({ connectMs: 300, ...options })
  t.teardown(() => client.close())
  const connection = client.connect({ address: '127.0.0.1', port, scheme: 'http', username: 'a', password: 'b' })
  return { client, connection }
}

const head = (length: number | string, more = '') => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n${more}\r\n`
const answers: [string, (socket: Socket) => void, object][] = [
  [
    'a body that is shorter than it says, and the end',
    (socket) => socket.end(`${head(100)}{"Id":"1"}`),
    { kind: 'malformed', message: /cut off/ },
  ],
  [
    'a body that is longer than it says',
    (socket) => socket.write(`${head(5)}{"Id":"1"}`),
    { kind: 'malformed', message: /cut or damaged JSON/ },
  ],
  ['a negative length', (socket) => socket.end(`${head(-5)}{}`), { kind: 'malformed', message: /is not HTTP/ }],
  ['another protocol', (socket) => socket.end('SSH-2.0-dropbear\r\n'), { kind: 'malformed', message: /is not HTTP/ }],
  [
    'headers of 40 KiB',
    (socket) => socket.end(head(2, `X: ${'x'.repeat(40_000)}\r\n`)),
    { kind: 'malformed', message: /is not HTTP/ },
  ],
  [
    'chunks that end in the middle',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"Id"'),
    { kind: 'malformed', message: /cut off/ },
  ],
  [
    'nothing, and the end',
    (socket) => socket.end(),
    { kind: 'unreachable', message: /ended the connection before its answer/ },
  ],
  ['a reset', (socket) => socket.resetAndDestroy(), { kind: 'unreachable' }],
  [
    'chunks',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'),
    { path: ROOT },
  ],
  ['a body up to the end of the connection', (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{}'), { path: ROOT }],
  ['HTTP/1.0', (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n{}'), { path: ROOT }],
  [
    'a hint and then the answer',
    (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${head(2)}{}`),
    { path: ROOT },
  ],
]
for (const [name, answer, expected] of answers) {
  test(`bytes of a BMC: ${name}`, async (t) => {
    const { port, requests } = await startRaw(t, answer)
    const { connection } = plain(t, port)
    t.match(await connection.root(call(10_000)).catch((error: RedfishError) => error), expected)
    t.same(requests, [`GET ${ROOT} HTTP/1.1`])
  })
}

test('a body that comes in drops ends at the deadline of its call, and its connection with it', async (t) => {
  const { port, open } = await startRaw(t, (socket) => {
    socket.write(head(1_000_000))
    const drops = setInterval(() => socket.write(' '), 20)
    socket.on('close', () => clearInterval(drops))
  })
  const { connection } = plain(t, port)
  t.match(await connection.root(call(300)).catch((error) => error), { kind: 'timeout', sent: true })
  await waitUntil('the end of the connection', () => open.size === 0)
})

test('silence after connecting ends at the deadline, and a POST says that it was sent', async (t) => {
  const { port, open, requests } = await startRaw(t, (socket, request) => {
    if (request.startsWith('POST /redfish/v1/SessionService'))
      socket.write('HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n')
    else if (request.startsWith('GET /redfish/v1/ ')) socket.write(`${head(2)}{}`)
  })
  const { connection } = plain(t, port)
  const error = await connection.post('/redfish/v1/x', {}, call(500)).catch((found) => found)
  t.match(error, { kind: 'unknown-outcome', sent: true, path: '/redfish/v1/x' })
  t.equal(requests.filter((line) => line.startsWith('POST /redfish/v1/x')).length, 1)
  await waitUntil('the end of the connection', () => open.size === 0)
})

test('a TLS handshake that hangs ends after the connect limit, and leaves no socket', async (t) => {
  const { port, open } = await startRaw(t, () => undefined)
  const client = new RedfishClient({ connectMs: 200 })
  t.teardown(() => client.close())
  const connection = client.connect({ address: '127.0.0.1', port, username: 'a', password: 'b' })
  const error = await connection.get('/redfish/v1/Systems', call(10_000)).catch((found) => found)
  t.match(error, { kind: 'unreachable', sent: false, message: /no connection came about in time/ })
  await waitUntil('the end of the connection', () => open.size === 0)
})

test('a caller that leaves during the handshake leaves no socket', async (t) => {
  const { port, open } = await startRaw(t, () => undefined)
  const client = new RedfishClient()
  t.teardown(() => client.close())
  const stop = new AbortController()
  const going = client
    .connect({ address: '127.0.0.1', port, username: 'a', password: 'b' })
    .root({ signal: stop.signal, timeoutMs: 10_000 })
    .catch((error) => error)
  await waitUntil('the connection', () => open.size === 1)
  stop.abort()
  t.match(await going, { kind: 'aborted', sent: false })
  await waitUntil('the end of the connection', () => open.size === 0)
})

test('a port on which nothing listens is named as that', async (t) => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  await once(free, 'close')
  const error = await plain(t, port)
    .connection.get(ROOT, call())
    .catch((found) => found)
  t.match(error, { kind: 'unreachable', sent: false, message: /nothing listens on this port/ })
})

test('the body limit holds for what arrives and for what it says, and is 32 MiB where the call says firmware', async (t) => {
  const big = `{"a":"${'x'.repeat(9 * MEBIBYTE)}"}`
  const { port, open } = await startRaw(t, (socket) => {
    socket.write(head(big.length))
    socket.write(big)
  })
  const { connection } = plain(t, port)
  const error = await connection.root(call()).catch((found) => found)
  t.match(error, { kind: 'malformed', message: /larger than 8388608 bytes/ })
  await waitUntil('the end of the connection', () => open.size === 0)
  const { body } = await connection.root({ ...call(), maxBytes: FIRMWARE_LIMIT_BYTES })
  t.equal(String(body.a).length, 9 * MEBIBYTE)
})

/** Ends the connection under this request where an earlier one used it, once, and answers all others. */
async function resetting(t: Test, line: string, end: (socket: Socket) => void) {
  const used = new WeakSet<Socket>()
  let isDone = false
  const raw = await startRaw(t, (socket, request) => {
    if (request.startsWith(line) && used.has(socket) && !isDone) {
      isDone = true
      end(socket)
    } else socket.write(`${head(2)}{}`)
    used.add(socket)
  })
  const shift = { ms: 0 }
  const clock = { ...systemClock, nowMs: () => performance.now() + shift.ms }
  const { connection } = plain(t, raw.port, { clock })
  // The login answers without a token, so that Basic is used from now on.
  await connection.get('/redfish/v1/first', call())
  return { raw, connection, shift, sent: () => raw.requests.filter((request) => request.startsWith(line)).length }
}

for (const [name, end] of [
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ['closed', (socket: Socket) => socket.end()],
] as const) {
  test(`a connection that is ${name} when it is used again is opened anew for a GET, and not for a POST`, async (t) => {
    const get = await resetting(t, 'GET /redfish/v1/Systems', end)
    t.same((await get.connection.get('/redfish/v1/Systems', call())).body, {})
    t.same([get.sent(), get.raw.accepted], [2, 2])

    const post = await resetting(t, 'POST /redfish/v1/x', end)
    post.shift.ms = 1_900
    const error = await post.connection.post('/redfish/v1/x', {}, call()).catch((found) => found)
    t.match(error, { kind: 'unknown-outcome', sent: true })
    t.same([post.sent(), post.raw.accepted], [1, 1])
  })
}

test('a POST goes over a new connection where the old one has been idle for two seconds', async (t) => {
  const { connection, raw, sent, shift } = await resetting(t, 'POST /redfish/v1/x', (socket) =>
    socket.resetAndDestroy(),
  )
  shift.ms = 2_001
  t.equal((await connection.post('/redfish/v1/x', {}, call())).status, 200)
  t.same([sent(), raw.accepted], [1, 2])
})

test('twenty calls at once share one TLS connection, and the close of the client ends it', async (t) => {
  const shown = await certificate()
  const bmc = await startTlsBmc(t, shown, (_request, response) => response.end('{}'))
  const { client, connection } = dial(t, bmc)
  await Promise.all(Array.from({ length: 20 }, () => connection.get('/redfish/v1/Systems', call())))
  t.equal(bmc.sockets, 1)
  t.equal(client.counters.connections, 1)
  await client.close()
  await waitUntil('the end of the connection', () => bmc.open === 0)
})

test('TLS below 1.2 is refused unless the target allows old TLS', async (t) => {
  const shown = await certificate()
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const bmc = await startTlsBmc(t, shown, (_request, response) => response.end('{}'), old)
  const refused = await dial(t, bmc)
    .connection.root(call())
    .catch((error) => error)
  t.match(refused, { kind: 'tls', sent: false, message: /legacy option/ })
  t.match(await dial(t, bmc, { legacy: true }).connection.root(call()), { path: ROOT })
})

test('settings that cannot be are refused before anything is sent', async (t) => {
  const client = new RedfishClient()
  t.teardown(() => client.close())
  const target = { address: '127.0.0.1', username: 'a', password: 'b' }
  for (const tls of [{ fingerprint: 'ab:cd' }, { fingerprint: '' }, { ca: 'no pem' }]) {
    t.throws(() => client.connect({ ...target, tls }), { name: 'RedfishError' })
  }
})
