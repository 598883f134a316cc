import { once } from 'node:events'
import type { DrpEvent } from '@powerbus/drp'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { WebSocket } from 'ws'
import { Audit } from '../../src/events/audit.ts'
import type { NewEvent } from '../../src/events/new-event.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { basic, makeToken, tokenOfPlugin } from '../fixtures/tokens.ts'

const PATH = 'users/powerbus/token'

test('tokens made, refused and revoked, login codes, and reads of secrets are audit events without secrets', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  await call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': 'geheim' } } })
  const seen = collectEvents(endpoint, 'audit')
  const told = (action: string, fits: (event: DrpEvent) => boolean = () => true) => {
    return seen.find(action, (event) => event.Action === action && fits(event))
  }
  const from = { Address: '127.0.0.1' }
  const { Code } = (await call('POST', 'users/powerbus/login-code')).body
  t.match(await told('code-made'), {
    Principal: 'user:powerbus',
    Key: 'powerbus',
    Object: { ...from, Maker: 'operator' },
  })
  await call('GET', PATH, { token: '', headers: basic('powerbus', 'wrong-code') })
  t.match(await told('code-wrong'), { Principal: 'unknown', Object: from })
  const login = (await call('GET', PATH, { token: '', headers: basic('powerbus', Code) })).body
  t.match(await told('code-used'), { Principal: 'user:powerbus', Object: from })
  t.match(await told('token-made', ({ Key }) => Key === login.Info.Id), {
    Principal: 'user:powerbus',
    Object: { ...from, Outcome: 'ok', Role: 'admin', Scope: 'all', Parent: 'login-code', Owner: 'user:powerbus' },
  })
  const script = await makeToken(call, { Role: 'read' })
  await call('GET', 'machines/Name:m1?decode=true', { token: script.token })
  t.match(await told('secrets-read'), { Key: 'Name:m1', Object: { ...from, Outcome: 'refused', Status: 403 } })
  t.match(await told('token-refused', ({ Key }) => Key === script.id), {
    Object: { ...from, Path: '/api/v3/machines/:key' },
  })
  await call('GET', 'machines?decode=true')
  t.match(await told('secrets-read', ({ Object: object }) => Object(object).Outcome === 'ok'), {
    Principal: 'user:powerbus',
    Object: { ...from, Path: '/api/v3/machines', Status: 200, Token: 'operator' },
  })
  await call('GET', PATH, { token: await tokenOfPlugin(call) })
  t.match(await told('token-refused', ({ Principal }) => Principal === 'plugin:demo'), { Object: from })
  await call('DELETE', `tokens/${login.Info.Id}`)
  t.match(await told('token-revoked'), { Key: login.Info.Id, Principal: 'user:powerbus', Object: from })
  await call('GET', 'info', { token: login.Token })
  t.match(await told('token-refused', ({ Key }) => Key === login.Info.Id), { Object: from })
  await call('GET', 'info', { token: 'a.b' })
  t.match(await told('token-refused', ({ Key }) => Key === 'unknown'), { Principal: 'unknown', Object: from })
  await call('DELETE', 'plugins/demo')
  t.match(await told('token-revoked', ({ Principal }) => Principal === 'endpoint'), {
    Object: { Address: '', Owner: 'plugin:demo' },
  })
  const text = JSON.stringify(seen.events)
  for (const secret of [Code, 'wrong-code', login.Token, script.token, 'geheim']) t.notOk(text.includes(secret))
})

test('audit events are for admins only, on the stream and in the list, and nobody can post one', async (t) => {
  const heard: string[] = []
  const running = await startTestEndpoint(t, (folder) => {
    const publish = `tell('publish', { Type: 'heard', Action: event.Type, Key: 'x' }); answer(200, { Code: 200 })`
    writeFixturePlugin(folder, {
      publish: `if (event.Type !== 'heard') { ${publish} } else answer(200, { Code: 200 })`,
    })
  })
  const { call, endpoint } = running
  endpoint.events.subscribe(({ Type, Action }) => void (Type === 'heard' && heard.push(Action)))
  const operator = await readOperatorFile(running.stateDir)
  const listen = async (token: string) => {
    const url = `${endpoint.url.replace('https', 'wss')}/api/v3/ws`
    const socket = new WebSocket(url, { ca: operator?.certificate, headers: { authorization: `Bearer ${token}` } })
    t.teardown(() => socket.terminate())
    const types: string[] = []
    socket.on('message', (data) => types.push(JSON.parse(String(data)).Type))
    await once(socket, 'open')
    socket.send('register *.*.*')
    await waitUntil('the answer', () => types.includes('websocket'))
    return types
  }
  const tokens = {
    read: (await makeToken(call, { Role: 'read' })).token,
    act: (await makeToken(call, { Role: 'act' })).token,
    plugin: await tokenOfPlugin(call),
    admin: (await makeToken(call)).token,
  }
  const streams = new Map<string, string[]>()
  for (const [role, token] of Object.entries(tokens)) streams.set(role, await listen(token))
  await makeToken(call)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  for (const [role, token] of Object.entries(tokens)) {
    const types = streams.get(role) ?? []
    await waitUntil(`the machine at ${role}`, () => types.includes('machines'))
    t.equal(types.includes('audit'), role === 'admin', role)
    const listed: DrpEvent[] = (await call('GET', 'events?limit=1000', { token })).body
    t.equal(
      listed.some(({ Type }) => Type === 'audit'),
      role === 'admin',
      role,
    )
    t.ok(listed.some(({ Type }) => Type === 'machines'))
  }
  await waitUntil('the machine at the plugin', () => heard.includes('machines'))
  t.notOk(heard.includes('audit'), 'nor are they delivered to plugins')
  for (const Type of ['audit', 'Audit', ' audit']) {
    const body = { Type, Action: 'token-made', Key: 'x' }
    t.equal((await call('POST', 'events', { body })).status, 403, Type)
  }
})

test('what anybody can cause is published once a minute for each address, with the number of those between', async (t) => {
  const events: NewEvent[] = []
  let nowMs = 0
  const audit = new Audit({ publish: (event) => void events.push(event) }, () => nowMs)
  const refused = (address: string) => {
    const entry = { action: 'token-refused', key: 'unknown', principal: 'unknown', outcome: 'wrong' } as const
    audit.publishSparsely({ ...entry, address })
  }
  for (let n = 0; n < 100; n += 1) refused('10.0.0.1')
  refused('10.0.0.2')
  t.equal(events.length, 2)
  nowMs = 60_000
  refused('10.0.0.1')
  t.match(events.at(-1), { Object: { Address: '10.0.0.1', Suppressed: 99 } })
})
