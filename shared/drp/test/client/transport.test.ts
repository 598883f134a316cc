import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'tap'
import { Transport } from '../../src/client/transport.ts'
import { DrpApiError, type DrpApiErrorKind, DrpClient, type TransportOptions } from '../../src/index.ts'
import { apiServer, certificate, reply } from '../fixture/api-server.ts'

async function failure(work: Promise<unknown>): Promise<DrpApiError> {
  return work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => {
      if (error instanceof DrpApiError) return error
      throw error
    },
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('the error of a refusal has status, kind and Error object', async (t) => {
  const server = await apiServer(t, ({ url }, response) => {
    const code = Number(/\d+$/.exec(url)?.[0])
    reply(response, { Type: 'get', Model: 'machines', Key: 'x', Messages: ['why'], Code: code }, code)
  })
  const drp = new DrpClient({ endpoint: server.endpoint, retries: 0 })
  t.teardown(() => drp.close())
  const kinds: readonly (readonly [number, DrpApiErrorKind])[] = [
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'not-found'],
    [409, 'conflict'],
    [422, 'refused'],
    [504, 'refused'],
  ]
  for (const [status, kind] of kinds) {
    t.match(await failure(drp.machines.get(String(status))), { status, kind, drpError: { Messages: ['why'] } })
  }
})

test('a read is repeated while the endpoint is busy; a change is not', async (t) => {
  const server = await apiServer(t, (_request, response, count) => {
    if (count < 2) response.writeHead(503).end('not JSON')
    else reply(response, { version: 'v1' })
  })
  const drp = new DrpClient({ endpoint: server.endpoint })
  t.teardown(() => drp.close())
  t.match(await drp.info(), { version: 'v1' })
  t.equal(server.seen.length, 3)
  const busy = await apiServer(t, (_request, response) => response.writeHead(503).end())
  const changing = new DrpClient({ endpoint: busy.endpoint })
  t.teardown(() => changing.close())
  t.match(await failure(changing.machines.setParam('u', 'a/b', 1)), { status: 503, kind: 'refused' })
  t.equal(busy.seen.length, 1)
})

test('an action whose answer is lost is not sent again', async (t) => {
  const server = await apiServer(t, (_request, response) => response.destroy())
  const drp = new DrpClient({ endpoint: server.endpoint })
  t.teardown(() => drp.close())
  t.match(await failure(drp.actions.run('machines', 'u', 'powercycle')), { kind: 'unreachable', status: 0, sent: true })
  t.equal(server.seen.length, 1)
})

test('a change that was never received is repeated', async (t) => {
  const port = await freePort()
  const drp = new DrpClient({ endpoint: `https://127.0.0.1:${port}`, retries: 8 })
  t.teardown(() => drp.close())
  const running = drp.actions.run('machines', 'u', 'poweron')
  const server = await apiServer(t, (_request, response) => reply(response, { Power: 'on' }), port)
  t.strictSame(await running, { Power: 'on' })
  t.equal(server.seen.length, 1)
})

test('without a connection the error is unreachable and sent is false', async (t) => {
  const drp = new DrpClient({ endpoint: `https://127.0.0.1:${await freePort()}`, retries: 1 })
  t.teardown(() => drp.close())
  t.match(await failure(drp.info()), { kind: 'unreachable', sent: false })
})

test('an endpoint that hangs before the headers or in the body gives a timeout', async (t) => {
  const server = await apiServer(t, ({ url }, response) => {
    if (url.endsWith('slow')) response.writeHead(200, { 'content-type': 'application/json' }).write('{"Name":')
  })
  const drp = new DrpClient({ endpoint: server.endpoint, timeoutMs: 300, retries: 0 })
  t.teardown(() => drp.close())
  t.match(await failure(drp.info()), { kind: 'timeout' })
  t.match(await failure(drp.machines.get('slow', {}, { timeoutMs: 200 })), { kind: 'timeout' })
})

test("an abort rejects with the signal's reason", async (t) => {
  const server = await apiServer(t, () => undefined)
  const drp = new DrpClient({ endpoint: server.endpoint })
  t.teardown(() => drp.close())
  const controller = new AbortController()
  const reason = new Error('enough')
  const running = drp.info({ signal: controller.signal })
  setTimeout(() => controller.abort(reason), 100)
  t.equal(await running.catch((error) => error), reason)
})

test('an answer that is too long, not JSON or of a wrong shape gives kind protocol', async (t) => {
  const server = await apiServer(t, ({ url }, response) => {
    if (url.endsWith('long')) reply(response, { Name: 'x'.repeat(200_000) })
    else if (url.endsWith('text')) response.end('<html>')
    else reply(response, { Name: 7 })
  })
  const drp = new DrpClient({ endpoint: server.endpoint, bodyLimit: 100_000, retries: 0 })
  t.teardown(() => drp.close())
  for (const key of ['long', 'text', 'shape']) t.match(await failure(drp.machines.get(key)), { kind: 'protocol' }, key)
  t.match(await failure(drp.machines.list()), { kind: 'protocol' })
})

test('any certificate is accepted unless trust names one', async (t) => {
  const server = await apiServer(t, (_request, response) => reply(response, { version: 'v1' }))
  const info = async (trust?: TransportOptions['trust']) => {
    const drp = new DrpClient({ endpoint: server.endpoint, retries: 1, ...(trust && { trust }) })
    return drp.info().finally(() => drp.close())
  }
  t.match(await info(), { version: 'v1' })
  t.match(await info({ ca: server.certificate }), { version: 'v1' })
  t.match(await info({ fingerprint: server.fingerprint }), { version: 'v1' })
  t.match(await info({ fingerprint: server.fingerprint.replaceAll(':', '').toLowerCase() }), { version: 'v1' })
  const trusted = server.seen.length
  t.match(await failure(info({ ca: (await certificate()).cert })), { kind: 'untrusted', sent: false })
  t.match(
    await failure(
      info({ fingerprint: `${server.fingerprint.startsWith('00') ? '01' : '00'}${server.fingerprint.slice(2)}` }),
    ),
    {
      kind: 'untrusted',
      sent: false,
    },
  )
  t.equal(server.seen.length, trusted, 'an untrusted endpoint gets no request')
})

test('requests that follow each other share a connection', async (t) => {
  const server = await apiServer(t, (_request, response) => reply(response, { version: 'v1' }))
  const drp = new DrpClient({ endpoint: server.endpoint, trust: { fingerprint: server.fingerprint } })
  t.teardown(() => drp.close())
  for (let count = 0; count < 3; count++) await drp.info()
  t.equal(server.connections, 1)
  await Promise.all([drp.info(), drp.info()])
  t.equal(server.connections, 2, 'those at the same time do not')
})

test('an endpoint that never ends the TLS handshake gives a timeout, and was sent nothing', async (t) => {
  const sockets: { destroy(): void }[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = Object(server.address())
  const drp = new DrpClient({ endpoint: `https://127.0.0.1:${port}`, connectMs: 100, retries: 0 })
  t.teardown(() => drp.close())
  t.match(await failure(drp.machines.setParam('u', 'a/b', 1)), { kind: 'timeout', sent: false })

  const patient = new DrpClient({ endpoint: `https://127.0.0.1:${port}`, retries: 0 })
  const waiting = failure(patient.info())
  await once(server, 'connection')
  await patient.close()
  t.match(await waiting, { kind: 'unreachable' }, 'the end of the client ends connections that are being made')
})

test('the end of the client fails the requests under way and later ones', async (t) => {
  let asked: () => void = () => undefined
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const server = await apiServer(t, () => asked())
  const drp = new DrpClient({ endpoint: server.endpoint, retries: 0 })
  const waiting = failure(drp.info())
  await isAsked
  await drp.close()
  t.match(await waiting, { kind: 'unreachable', sent: true })
  t.match(await failure(drp.info()), { kind: 'unreachable' })
})

test('plain HTTP works, on IPv6 too, but has no certificate of any fingerprint', async (t) => {
  let seen = 0
  const server = createHttpServer((_request, response) => {
    seen++
    reply(response, { version: 'v1' })
  }).listen(0, '::1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const endpoint = `http://[::1]:${Object(server.address()).port}`
  const drp = new DrpClient({ endpoint })
  t.match(await drp.info(), { version: 'v1' })
  await drp.close()
  const pinned = new DrpClient({ endpoint, trust: { fingerprint: 'ab' } })
  t.teardown(() => pinned.close())
  t.match(await failure(pinned.info()), { kind: 'untrusted', sent: false })
  t.equal(seen, 1)
})

test('bytes are sent with their length, and a source that breaks off fails the request', async (t) => {
  const server = await apiServer(t, (_request, response) => reply(response, { ok: true }))
  const transport = new Transport({ endpoint: server.endpoint, retries: 0 })
  t.teardown(() => transport.close())
  const upload = (stream: () => Readable) =>
    transport.send({ method: 'POST', path: 'files/x', content: { bytes: 9, stream } })
  t.strictSame(await upload(() => Readable.from(['{"a":', '123', '}'])), { ok: true })
  t.match(server.seen[0], { headers: { 'content-length': '9', 'content-type': 'application/octet-stream' } })
  const broken = new Error('the disk is gone')
  const breaking = () =>
    new Readable({
      read() {
        this.destroy(broken)
      },
    })
  const failed = await failure(upload(breaking))
  t.match(failed, { kind: 'unreachable' })
  t.equal(failed.cause, broken)
  t.equal(server.seen.length, 1)
})
