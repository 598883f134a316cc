import { once } from 'node:events'
import { type DrpEvent, EventStream } from '@powerbus/drp'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { WebSocket } from 'ws'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'

async function openSocket(scope: TestScope, { endpoint, stateDir }: RunningEndpoint, token?: string) {
  const operator = await readOperatorFile(stateDir)
  const url = `${endpoint.url.replace('https', 'wss')}/api/v3/ws`
  const headers = { authorization: `Bearer ${token ?? operator?.token}` }
  const socket = new WebSocket(url, { ca: operator?.certificate, headers })
  socket.on('error', () => undefined)
  scope.teardown(() => socket.terminate())
  const events: DrpEvent[] = []
  socket.on('message', (data) => events.push(JSON.parse(String(data))))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const opened = new Promise<void>((resolve) => socket.once('open', resolve))
  return { socket, events, opened, closed }
}

const subjectOf = ({ Type, Action, Key }: DrpEvent) => `${Type}.${Action}.${Key}`

test('frames register and deregister patterns, each is acknowledged, and only matching events arrive', async (t) => {
  const running = await startTestEndpoint(t)
  const { socket, events, opened } = await openSocket(t, running)
  await opened
  socket.send('register machines.create,delete.*')
  socket.send('register lamps.*.a\\1b')
  await waitUntil('two answers', () => events.length === 2)
  t.same(events.map(subjectOf), ['websocket.register.machines.create,delete.*', 'websocket.register.lamps.*.a\\1b'])
  const { Uuid } = (await running.call('POST', 'machines', { body: { Name: 'm1' } })).body
  await running.call('POST', 'machines/Name:m1/params/x', { body: '1' })
  const event = (Key: string) => ({ body: { Type: 'lamps', Action: 'out', Key } })
  t.equal((await running.call('POST', 'events', event('a'))).status, 204)
  t.equal((await running.call('POST', 'events', event('a.b'))).status, 204)
  await waitUntil('two events', () => events.length === 4)
  t.same(events.slice(2).map(subjectOf), [`machines.create.${Uuid}`, 'lamps.out.a.b'])
  t.match(events[3], { Principal: 'user:powerbus', Time: /^\d{4}-/, Id: String })
  socket.send('deregister lamps.*.a\\1b')
  await waitUntil('the answer', () => events.length === 5)
  await running.call('POST', 'events', event('a.b'))
  await running.call('DELETE', `machines/${Uuid}`)
  await waitUntil('the deletion', () => events.length === 6)
  t.same(events.slice(4).map(subjectOf), ['websocket.deregister.lamps.*.a\\1b', `machines.delete.${Uuid}`])
})

test('a bad frame is answered with an error event, and the stream goes on; a huge one ends it', async (t) => {
  const running = await startTestEndpoint(t, undefined, { stream: { patternsMax: 2 } })
  const { socket, events, opened, closed } = await openSocket(t, running)
  await opened
  const bad = ['nonsense', 'register', 'register machines', 'register ..', `register a.b.${'x'.repeat(5000)}`, '']
  for (const frame of bad) socket.send(frame)
  socket.send(Buffer.from([1, 2, 3]))
  for (const frame of ['register a.*.*', 'register b.*.*', 'register c.*.*', 'register a.*.*']) socket.send(frame)
  await waitUntil('the answers', () => events.length === bad.length + 5)
  const actions = events.map(({ Action }) => Action)
  t.same(actions.slice(0, -4), Array(bad.length + 1).fill('error'))
  t.same(actions.slice(-4), ['register', 'register', 'error', 'register'])
  t.match(events[0], { Type: 'websocket', Object: { Code: 400, Messages: [String] } })
  socket.send('x'.repeat(100_000))
  t.equal(await closed, 1009)
})

test('a stream needs a valid token and the right path, and is closed when its token expires', async (t) => {
  const running = await startTestEndpoint(t, undefined, { stream: { pingMs: 2000 } })
  const refused = async (token: string) => {
    const { socket } = await openSocket(t, running, token)
    const [request, response] = await once(socket, 'unexpected-response')
    request.destroy()
    return response.statusCode
  }
  t.equal(await refused('wrong'), 401)
  t.equal((await running.call('GET', 'ws')).status, 426)
  const login = Buffer.from(`powerbus:${running.endpoint.loginCode}`).toString('base64')
  const headers = { authorization: `Basic ${login}` }
  const { Token } = (await running.call('GET', 'users/powerbus/token?ttl=1', { token: '', headers })).body
  const { closed } = await openSocket(t, running, Token)
  t.equal(await closed, 1008)
})

test('a client that answers no ping is cut off, a quiet one is not', async (t) => {
  const running = await startTestEndpoint(t, undefined, { stream: { pingMs: 1000 } })
  const quiet = await openSocket(t, running)
  const dead = await openSocket(t, running)
  await Promise.all([quiet.opened, dead.opened])
  dead.socket.pong = () => undefined
  t.equal(await dead.closed, 1006)
  quiet.socket.send('register a.*.*')
  await waitUntil('an answer', () => quiet.events.length === 1)
})

test('a dead or slow client is closed and delays neither other clients nor actions', async (t) => {
  const running = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder), {
    stream: { bufferBytesMax: 512 * 1024, closeMs: 300 },
  })
  const [dead, good] = [await openSocket(t, running), await openSocket(t, running)]
  await Promise.all([dead.opened, good.opened])
  for (const { socket, events } of [dead, good]) {
    socket.send('register big.*.*')
    await waitUntil('the answer', () => events.length === 1)
  }
  dead.socket.pause()
  const count = 60
  const large = 'x'.repeat(200_000)
  for (let n = 0; n < count; n += 1) {
    running.endpoint.events.publish({ Type: 'big', Action: 'a', Key: String(n), Principal: 'test', Object: large })
    await waitUntil('the event at the good one', () => good.events.length === n + 2)
  }
  t.equal((await running.call('POST', 'system/actions/survey')).status, 200)
  t.same(
    good.events.slice(1).map(({ Key }) => Key),
    Array.from({ length: count }, (_, n) => String(n)),
  )
  dead.socket.resume()
  const code = await dead.closed
  t.ok([1013, 1006].includes(code), `closed with ${code}`)
  t.ok(dead.events.length < count, 'what it could not take is not kept for it')
})

test("the client of shared/drp follows it, and is told of the endpoint's end", async (t) => {
  const { endpoint, stateDir, call, stop } = await startTestEndpoint(t)
  const operator = await readOperatorFile(stateDir)
  const [events, problems]: [DrpEvent[], unknown[]] = [[], []]
  const stream = new EventStream({
    endpoint: endpoint.url,
    token: operator?.token ?? '',
    trust: { fingerprint: operator?.fingerprint ?? '' },
    patterns: ['machines.*.*'],
    onEvent: (event) => void events.push(event),
    onProblem: (error) => void problems.push(error),
  })
  t.teardown(() => stream.close())
  await stream.ready(10_000)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  await waitUntil('the event', () => events.length === 1)
  await stop()
  await waitUntil('the end', () => problems.length > 0)
})
