import { once } from 'node:events'
import { connect } from 'node:tls'
import tap, { test } from 'tap'
import { WebSocket } from 'ws'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { makeToken } from '../fixtures/tokens.ts'

// Each test is one row of what drpcli 4.8 and the Go client need of transport and errors. One endpoint serves them all.
const running = await startCheckedEndpoint(tap, (folder) => writeFixturePlugin(folder))
const { call, endpoint, logged, stateDir } = running
const audit = collectEvents(endpoint, 'audit')
const operator = await readOperatorFile(stateDir)
const { token } = await makeToken(call, { Name: 'drpcli' })

async function openStream(path: string): Promise<number | 'open'> {
  const socket = new WebSocket(`${endpoint.url.replace('https', 'wss')}${path}`, { ca: operator?.certificate })
  socket.on('error', () => undefined)
  const refused = once(socket, 'unexpected-response').then(([request, response]) => {
    request.destroy()
    return Number(response.statusCode)
  })
  const opened = once(socket, 'open').then(() => 'open' as const)
  return await Promise.race([refused, opened]).finally(() => socket.terminate())
}

test('base: a client that offers h2 too gets HTTP/1.1', async (t) => {
  const { hostname, port } = new URL(endpoint.url)
  const socket = connect({
    host: hostname,
    port: Number(port),
    ca: operator?.certificate,
    ALPNProtocols: ['h2', 'http/1.1'],
  })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  t.equal(socket.alpnProtocol, 'http/1.1')
})

test('URL proxy: a name before /api or after /ws is answered 501, since no endpoint is passed on to', async (t) => {
  const answer = await call('GET', '/west/api/v3/info', { token })
  t.match(answer, { status: 501, body: { Type: 'NOT_IMPLEMENTED', Code: 501, Messages: [/-u/] } })
  t.equal((await call('POST', '/west/api/v3/machines', { body: { Name: 'm' } })).status, 501)
  t.equal(await openStream(`/api/v3/ws/west?token=${token}`), 501)
})

test('request headers: those of drpcli -t are taken, whatever is in them, and change nothing', async (t) => {
  for (const level of ['trace', 'nonsense', '']) {
    const headers = { accept: 'application/json', 'cache-control': 'no-store', 'x-log-request': level }
    const answer = await call('GET', 'info', { headers: { ...headers, 'x-log-token': 'a b"c' } })
    t.equal(answer.status, 200, level)
  }
})

test('answers: 204 carries the content type, too', async (t) => {
  const answer = await call('POST', 'events', { body: { Type: 'lamps', Action: 'out', Key: 'a' } })
  t.match(answer, { status: 204, text: '', headers: { 'content-type': /^application\/json/ } })
})

test('error body: Model, Key, Type, Messages and Code', async (t) => {
  const { status, body } = await call('GET', 'machines/Name:nobody')
  t.equal(status, 404)
  t.same(Object.keys(body).sort(), ['Code', 'Key', 'Messages', 'Model', 'Type'])
  t.match(body, { Model: 'machines', Key: 'Name:nobody', Code: 404, Messages: [String] })
  const head = await call('HEAD', 'machines/Name:nobody')
  t.match(head, { status: 404, text: '' })
})

test('credentials: ?token=TOKEN logs in where no header does, on the event stream too, and no filter sees it', async (t) => {
  t.equal((await call('GET', `info?token=${token}`, { token: '' })).status, 200)
  t.same((await call('GET', `machines?token=${token}&Name=Eq(x)`, { token: '' })).body, [])
  t.equal((await call('GET', `users/powerbus/token?token=${token}`, { token: '' })).status, 200)
  t.equal((await call('GET', `info?token=powerbus:${token}`, { token: '' })).status, 200)
  t.equal(await openStream(`/api/v3/ws?token=${token}`), 'open')
  t.equal(await openStream('/api/v3/ws?token=a.b'), 401)
  t.equal(await openStream(`/api/v3/ws?token=${token}&token=${token}`), 401)
  for (const query of ['token=', 'token=a.b', `token=${token}&token=${token}`]) {
    t.equal((await call('GET', `info?${query}`, { token: '' })).status, 401, query)
  }
  t.equal((await call('GET', `info?token=${token}`, { token: 'a.b' })).status, 401, 'a header wins')
})

test('credentials: a token of a URL reaches no plugin, log line, error or event', async (t) => {
  const path = `/plugin-apis/demo/x?a=1&%74oken=${token}&token=${token}&b=%20`
  t.equal((await call('GET', path, { token: '' })).status, 401, 'two of them')
  const forwarded = await call('GET', `/plugin-apis/demo/x?a=1&%74oken=${token}&b=%20`, { token: '' })
  t.match(forwarded, { status: 202, body: { url: '/plugin-apis/demo/x?a=1&b=%20' } })
  t.equal((await call('GET', `/plugin-apis/demo/x?token=${token}`, { token: '' })).body.url, '/plugin-apis/demo/x')
  for (const url of [
    `/api/v3/nothing?token=${token}`,
    `/api/v3/machines/%E0%A4%A?token=${token}`,
    `/api/v3/machines/${'x'.repeat(2000)}?token=${token}`,
  ]) {
    t.notMatch((await call('GET', url, { token: '' })).text, token)
  }
  t.equal((await call('GET', `machines?decode=true&token=${token}`, { token: '' })).status, 200)
  await audit.find('the read', ({ Action }) => Action === 'secrets-read')
  t.notOk(JSON.stringify([logged, audit.events, (await call('GET', 'logs')).body]).includes(token))
})

test('bad credentials: missing, garbled, wrong or expired ones are 401 with WWW-Authenticate: dr-provision', async (t) => {
  for (const authorization of ['', 'Basic', 'Bearer', 'Basic ====', 'Basic cG93ZXJidXM=', 'Bearer a.b', 'Digest x']) {
    const headers = authorization === '' ? {} : { authorization }
    const answer = await call('GET', 'info', { token: '', headers })
    t.match(answer, { status: 401, headers: { 'www-authenticate': 'dr-provision' } }, authorization)
    t.match(answer.body, { Type: 'UNAUTHENTICATED', Code: 401 })
  }
})

test('CORS: every origin may ask with a token of its own, and OPTIONS needs no login', async (t) => {
  const origin = 'https://portal.example'
  const asked = { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization' }
  for (const path of ['machines', 'nothing', 'users/powerbus/token', '/plugin-apis/demo/x']) {
    const answer = await call('OPTIONS', path, { token: '', headers: asked })
    t.match(answer, { status: 204, headers: { 'access-control-allow-origin': '*' } }, path)
    const { headers } = answer
    t.equal(headers['access-control-allow-methods'], 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
    t.match(headers['access-control-allow-headers'], /Authorization.*Range.*X-Log-Level.*X-Log-Token/)
  }
  const answer = await call('GET', 'machines', { headers: { origin } })
  t.equal(answer.headers['access-control-allow-origin'], '*')
  t.match(answer.headers['access-control-expose-headers'], /X-DRP-LIST-COUNT.*X-DRP-LIST-TOTAL-COUNT/)
  t.equal((await call('GET', 'nothing', { headers: { origin } })).headers['access-control-allow-origin'], '*')
})

test('CORS: no answer lets a browser add a login that it remembers', async (t) => {
  const origin = 'https://evil.example'
  const answers = [
    await call('OPTIONS', 'machines', { headers: { origin, 'access-control-request-method': 'GET' } }),
    await call('GET', 'machines', { headers: { origin } }),
    await call('GET', 'machines', { token: '', headers: { origin } }),
  ]
  for (const { headers } of answers) {
    t.equal(headers['access-control-allow-credentials'], undefined)
    t.equal(headers['set-cookie'], undefined)
    t.notMatch(headers['www-authenticate'] ?? '', /basic/i)
  }
})

test("OPTIONS of a plugin, with no Access-Control-Request-Method, is the plugin's own, with a login", async (t) => {
  t.equal((await call('OPTIONS', '/plugin-apis/demo/x', { token: '' })).status, 401)
  t.match(await call('OPTIONS', '/plugin-apis/demo/x'), { status: 202, body: { method: 'OPTIONS' } })
})
