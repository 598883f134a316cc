import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect as connectTcp, createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { startEndpoint } from '../../src/endpoint.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('info shows the version and the feature of decrypted secure params', async (t) => {
  const { call } = await startTestEndpoint(t, undefined, { version: 'v1.2.3' })
  const { body } = await call('GET', 'info')
  t.equal(body.version, 'v1.2.3')
  t.ok(body.features.includes('secure-param-upgrade'))
})

test('every error is an Error object with its code', async (t) => {
  const { call } = await startTestEndpoint(t)
  const cases: [string, string, { body?: unknown; headers?: Record<string, string>; token?: string }, number][] = [
    ['GET', 'nothing', {}, 404],
    ['DELETE', 'info', {}, 405],
    ['GET', 'machines/none', {}, 404],
    ['GET', `machines/${'x'.repeat(2000)}`, {}, 414],
    ['GET', 'machines/%E0%A4%A', {}, 400],
    ['POST', 'machines', { body: '{"Name":' }, 400],
    ['POST', 'machines', { body: '{"__proto__":{"a":1}}' }, 400],
    ['POST', 'machines', {}, 400],
    ['POST', 'machines', { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['POST', 'machines', { body: { Name: 'x', Description: 'x'.repeat(3_000_000) } }, 413],
    ['POST', 'events', { body: { Type: 1 } }, 400],
    ['GET', 'machines', { token: '' }, 401],
    ['GET', 'machines', { token: 'abc' }, 401],
    ['GET', 'machines', { token: 'a.b' }, 401],
  ]
  for (const [method, path, options, status] of cases) {
    const answer = await call(method, path, options)
    t.match(
      [answer.status, answer.body],
      [status, { Code: status, Type: String, Messages: [String], Model: String, Key: String }],
      `${method} ${path.slice(0, 30)}`,
    )
    t.equal(answer.body.Messages.length, 1)
  }
})

test('the certificate is for the loopback, its file is private, and it survives a restart', async (t) => {
  const first = await startTestEndpoint(t)
  t.equal(statSync(join(first.stateDir, 'tls.pem')).mode & 0o777, 0o600)
  t.equal(statSync(join(first.stateDir, 'endpoint.json')).mode & 0o777, 0o600)
  t.equal(statSync(join(first.stateDir, 'secure-params.key')).mode & 0o777, 0o600)
  t.equal(statSync(first.stateDir).mode & 0o777, 0o700)
  t.match(first.endpoint.url, /^https:\/\/127\.0\.0\.1:/)
  const { fingerprint } = first.endpoint
  await first.stop()
  const second = await startTestEndpoint(t, undefined, { stateDir: first.stateDir })
  t.equal(second.endpoint.fingerprint, fingerprint)
})

test('a port or state folder in use is refused, and nothing keeps running', async (t) => {
  const squatter = createServer().listen(0, '127.0.0.1')
  t.teardown(() => squatter.close())
  await new Promise((resolve) => squatter.once('listening', resolve))
  const address = squatter.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const root = tempFolder(t)
  const options = { stateDir: join(root, 'state'), pluginDir: join(root, 'plugins') }
  await t.rejects(startEndpoint({ ...options, port }), /in use/)
  const good = await startEndpoint({ ...options, port: 0 })
  t.teardown(() => good.stop())
  await t.rejects(startEndpoint({ ...options, port: 0 }), { code: 'STORE_LOCKED' })
})

test('a client that never begins its TLS handshake does not keep the endpoint from stopping', async (t) => {
  const { endpoint, stop } = await startTestEndpoint(t)
  const { hostname, port } = new URL(endpoint.url)
  const silent = connectTcp(Number(port), hostname)
  await once(silent, 'connect')
  silent.on('error', () => undefined)
  const closed = new Promise((resolve) => silent.once('close', resolve))
  silent.resume()
  const startedMs = performance.now()
  await stop()
  await closed
  t.ok(performance.now() - startedMs < 30_000)
})

test('a client that sends half a request does not keep the endpoint from stopping', async (t) => {
  const { endpoint, stop } = await startTestEndpoint(t)
  const { hostname, port } = new URL(endpoint.url)
  const slow = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  t.teardown(() => slow.destroy())
  slow.on('error', () => undefined)
  await new Promise((resolve) => slow.once('secureConnect', resolve))
  slow.write('POST /api/v3/machines HTTP/1.1\r\nHost: x\r\nContent-Le')
  const startedMs = performance.now()
  await stop()
  t.ok(performance.now() - startedMs < 30_000)
})
