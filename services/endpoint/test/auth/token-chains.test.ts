import { once } from 'node:events'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { WebSocket } from 'ws'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { type Answer, type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { basic, makeToken, tokenOfPlugin } from '../fixtures/tokens.ts'

const PATH = 'users/powerbus/token'
const HOUR_MS = 3_600_000

const endOf = ({ body }: Answer) => Date.parse(body.Info.Expires)

async function isGood({ call }: RunningEndpoint, token: string): Promise<boolean> {
  const { status } = await call('GET', 'info', { token })
  if (status !== 200 && status !== 401) throw new Error(`info answers ${status}`)
  return status === 200
}

test("drpcli's sequence: Basic, then ttl=7200 with that Bearer, then its use and its refreshes with ttl=600", async (t) => {
  const running = await startTestEndpoint(t)
  const { endpoint, call } = running
  const first = await call('GET', PATH, { token: '', headers: basic('powerbus', endpoint.loginCode) })
  t.match(first, { status: 200, body: { Token: String, Info: { Name: 'powerbus', Id: String } } })
  const second = await call('GET', `${PATH}?ttl=7200`, { token: first.body.Token })
  t.ok(Math.abs(endOf(second) - Date.now() - 2 * HOUR_MS) < 60_000)
  let { Token } = second.body
  t.equal((await call('GET', 'machines', { token: Token })).status, 200)
  for (let n = 0; n < 3; n += 1) {
    const refreshed = await call('GET', `${PATH}?ttl=600`, { token: Token })
    t.ok(Math.abs(endOf(refreshed) - Date.now() - HOUR_MS / 6) < 60_000)
    Token = refreshed.body.Token
  }
  t.ok(await isGood(running, Token))
})

test('a token for a script is a password that is good more than once', async (t) => {
  const { call } = await startTestEndpoint(t)
  const { token, id } = await makeToken(call, { Name: 'drpcli' })
  for (let n = 0; n < 2; n += 1) {
    const answer = await call('GET', PATH, { token: '', headers: basic('powerbus', token) })
    t.equal(answer.status, 200)
    const listed = (await call('GET', 'tokens')).body.find(({ Id }: { Id: string }) => Id === answer.body.Info.Id)
    t.equal(listed.Parent, id)
  }
  t.equal((await call('GET', 'info', { token: '', headers: basic('powerbus', token) })).status, 200)
  t.equal((await call('GET', 'info', { token: '', headers: basic('ada', token) })).status, 401)
})

test('no renewal outlives 8 hours after the login', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t)
  const startedMs = Date.now()
  const headers = basic('powerbus', endpoint.loginCode)
  let answer = await call('GET', `${PATH}?ttl=31536000`, { token: '', headers })
  const endMs = endOf(answer)
  t.ok(endMs <= startedMs + 8 * HOUR_MS + 60_000)
  for (const ttl of ['', '?ttl=600', '?ttl=31536000', '?ttl=28800']) {
    answer = await call('GET', `${PATH}${ttl}`, { token: answer.body.Token })
    t.ok(endOf(answer) <= endMs, ttl)
  }
  const long = { body: { Name: 'longer', Ttl: 86_400 }, token: answer.body.Token }
  t.match(await call('POST', 'tokens', long), { status: 403, body: { Type: 'FORBIDDEN' } })
  const { Code } = (await call('POST', 'users/powerbus/login-code', { token: answer.body.Token })).body
  const again = await call('GET', `${PATH}?ttl=31536000`, { token: '', headers: basic('powerbus', Code) })
  t.ok(endOf(again) <= endMs, 'nor with a code that a token of the chain made')
  const code = (await call('POST', 'users/powerbus/login-code', { token: again.body.Token })).body.Code
  const withCode = { ...long, token: '', headers: basic('powerbus', code) }
  t.equal((await call('POST', 'tokens', withCode)).status, 403, 'nor a token for a script')
})

test('the longest chain is a setting, and a chain ends with it', async (t) => {
  const running = await startTestEndpoint(t, undefined, { sessionS: 3 })
  const { endpoint, call } = running
  const headers = basic('powerbus', endpoint.loginCode)
  const first = (await call('GET', `${PATH}?ttl=600`, { token: '', headers })).body.Token
  let last = first
  await waitUntil('the end of the chain', async () => {
    const { status, body } = await call('GET', `${PATH}?ttl=600`, { token: last })
    if (status === 200) last = body.Token
    return status === 401
  })
  t.notOk(await isGood(running, first))
  t.notOk(await isGood(running, last))
})

test('a token outlives the expiry of its parent, and is revoked with it even so', async (t) => {
  const running = await startTestEndpoint(t)
  const { call } = running
  const parent = (await call('GET', `${PATH}?ttl=1`)).body
  const child = (await call('GET', `${PATH}?ttl=600`, { token: parent.Token })).body
  const grandchild = (await call('GET', `${PATH}?ttl=600`, { token: child.Token })).body
  await waitUntil('the expiry', async () => !(await isGood(running, parent.Token)))
  t.ok(await isGood(running, child.Token))
  t.equal((await call('GET', PATH, { token: child.Token })).status, 200)
  const revoked = await call('DELETE', `tokens/${parent.Info.Id}`)
  t.equal(revoked.status, 200)
  t.equal(revoked.body.length, 4)
  for (const { Token } of [child, grandchild]) t.notOk(await isGood(running, Token))
  t.equal((await call('DELETE', `tokens/${parent.Info.Id}`)).status, 404)
})

test('revocation survives a restart, and so do the tokens that were not revoked', async (t) => {
  const first = await startTestEndpoint(t)
  const { token: kept } = await makeToken(first.call)
  const { token: gone, id } = await makeToken(first.call)
  const below = (await first.call('GET', PATH, { token: gone })).body.Token
  await first.call('DELETE', `tokens/${id}`)
  await first.stop()
  const second = await startTestEndpoint(t, undefined, { stateDir: first.stateDir })
  t.ok(await isGood(second, kept))
  for (const token of [gone, below]) t.notOk(await isGood(second, token))
})

test('logging out revokes the own token and all below it', async (t) => {
  const running = await startTestEndpoint(t)
  const { call } = running
  const login = (await call('GET', PATH)).body.Token
  const below = (await call('GET', PATH, { token: login })).body.Token
  t.equal((await call('DELETE', 'tokens/current', { token: login })).status, 200)
  for (const token of [login, below]) t.notOk(await isGood(running, token))
  t.equal((await call('DELETE', 'tokens/current')).status, 409, 'the operator file stays')
})

test("a plugin's token gets no user's token, and a machine's only with its own rights", async (t) => {
  const running = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const { call } = running
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const token = await tokenOfPlugin(call)
  const forbidden: [string, string, unknown?][] = [
    ['GET', PATH],
    ['GET', 'users/demo/token'],
    ['POST', 'tokens', { Name: 'x' }],
    ['POST', 'users/powerbus/login-code'],
  ]
  for (const [method, path, body] of forbidden) {
    t.match(await call(method, path, { token, body }), { status: 403, body: { Type: 'FORBIDDEN' } }, path)
  }
  const { Token, Info } = (await call('GET', 'machines/Name:m1/token?ttl=1h', { token })).body
  const listed = (await call('GET', 'tokens', { token })).body
  t.match(listed, [
    { Owner: 'plugin:demo', Parent: 'operator' },
    { Id: Info.Id, Owner: 'plugin:demo', Parent: listed[0].Id, Role: 'act', Scope: /^machines\/[0-9a-f-]{36}$/ },
  ])
  t.equal((await call('GET', 'machines/Name:m1', { token: Token })).status, 200)
  for (const path of [PATH, 'machines', 'plugins/demo', 'machines/Name:m1/params?decode=true']) {
    t.equal((await call('GET', path, { token: Token })).status, 403, path)
  }
  t.equal((await call('PATCH', 'machines/Name:m1', { token: Token, body: [] })).status, 403)
})

test('removing a plugin, or giving it another provider, revokes its token and all below it at once', async (t) => {
  const running = await startTestEndpoint(t, (folder) => {
    // It takes its time to stop.
    writeFixturePlugin(folder, { stop: 'setTimeout(() => process.exit(0), 3000)' })
    writeFixturePlugin(folder, { name: 'other', actions: [], params: {} })
  })
  const { call } = running
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const openStream = async (token: string) => {
    const operator = await readOperatorFile(running.stateDir)
    const headers = { authorization: `Bearer ${token}` }
    const url = `${running.endpoint.url.replace('https', 'wss')}/api/v3/ws`
    const socket = new WebSocket(url, { ca: operator?.certificate, headers })
    t.teardown(() => socket.terminate())
    await once(socket, 'open')
    return { closed: new Promise<number>((resolve) => socket.once('close', resolve)) }
  }
  const change = async (make: () => Promise<Answer>) => {
    const own = await tokenOfPlugin(call)
    const below = (await call('GET', 'machines/Name:m1/token', { token: own })).body.Token
    const streams = [await openStream(own), await openStream(below)]
    const changing = make()
    t.same(await Promise.all(streams.map(({ closed }) => closed)), [1008, 1008])
    for (const token of [own, below]) t.notOk(await isGood(running, token))
    t.equal((await changing).status, 200)
    for (const token of [own, below]) t.notOk(await isGood(running, token))
  }
  const setProvider = (value: string) => [{ op: 'replace', path: '/Provider', value }]
  await change(() => call('PATCH', 'plugins/demo', { body: setProvider('other') }))
  await call('PATCH', 'plugins/demo', { body: setProvider('demo') })
  t.ok(await isGood(running, await tokenOfPlugin(call)), 'it gets a new one')
  await change(() => call('DELETE', 'plugins/demo'))
})

test('a revocation at one endpoint holds at the other one on the same store, and a token of one is good at the other', async (t) => {
  const { openStore } = await import('@powerbus/store')
  const { copyFileSync, mkdirSync } = await import('node:fs')
  const store = await openStore({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const first = await startTestEndpoint(t, undefined, { store })
  const stateDir = `${tempFolder(t)}/state`
  mkdirSync(stateDir)
  copyFileSync(`${first.stateDir}/secure-params.key`, `${stateDir}/secure-params.key`)
  const second = await startTestEndpoint(t, undefined, { store, stateDir })
  const { token, id } = await makeToken(first.call)
  t.ok(await isGood(second, token))
  const child = (await second.call('GET', PATH, { token })).body.Token
  t.ok(await isGood(first, child))
  await first.call('DELETE', `tokens/${id}`)
  for (const each of [token, child]) {
    t.notOk(await isGood(second, each))
    t.equal((await second.call('POST', 'system/actions/none', { token: each })).status, 401)
  }
})
