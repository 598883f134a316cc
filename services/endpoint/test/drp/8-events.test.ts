import { once } from 'node:events'
import { type DrpEvent, models } from '@powerbus/drp'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import fc from 'fast-check'
import tap, { test } from 'tap'
import { WebSocket } from 'ws'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { makeToken } from '../fixtures/tokens.ts'

// Each test is one row of what drpcli 4.8 and the Go client need of events. One endpoint serves them all.
const line = {
  Group: 7,
  Seq: 3,
  Level: 'warn',
  Service: 'demo',
  Message: 'lamp',
  Data: [{ n: 1 }],
  Time: '2026-01-01T00:00:00Z',
}
const tell = (IgnorePublish: boolean, Message: string) =>
  `tell('log', ${JSON.stringify({ ...line, IgnorePublish, Message })})`
const { call, endpoint, stateDir } = await startCheckedEndpoint(tap, (folder) => {
  writeFixturePlugin(folder, { action: `${tell(true, 'hidden')}; ${tell(false, 'shown')}; answer(200, {})` })
})
const operator = await readOperatorFile(stateDir)

interface Stream {
  readonly socket: WebSocket
  readonly events: readonly DrpEvent[]
  /** Sends a frame, and gives the event that answers it. */
  ask(frame: string | Buffer): Promise<DrpEvent>
  find(what: string, fits: (event: DrpEvent) => boolean): Promise<DrpEvent>
}

async function openStream(scope: TestScope, token = operator?.token): Promise<Stream> {
  const url = `${endpoint.url.replace('https', 'wss')}/api/v3/ws`
  const socket = new WebSocket(url, { ca: operator?.certificate, headers: { authorization: `Bearer ${token}` } })
  socket.on('error', () => undefined)
  scope.teardown(() => socket.terminate())
  const events: DrpEvent[] = []
  socket.on('message', (data) => events.push(JSON.parse(String(data))))
  await once(socket, 'open')
  const answers = () => events.filter(({ Type }) => Type === 'websocket')
  return {
    socket,
    events,
    async ask(frame) {
      const before = answers().length
      socket.send(frame)
      return await waitUntil('the answer', () => answers()[before])
    },
    find: async (what, fits) => await waitUntil(what, () => events.find(fits)),
  }
}

const subjectOf = ({ Type, Action, Key }: DrpEvent) => `${Type}.${Action}.${Key}`

test('POST events: 204 with Content-Type application/json, and the event goes out', async (t) => {
  const stream = await openStream(t)
  await stream.ask('register lamps.*.*')
  const body = { Time: '2026-01-02T03:04:05Z', Type: 'lamps', Action: 'out', Key: 'a', Object: { n: 1 } }
  const answer = await call('POST', 'events', { body })
  t.match(answer, { status: 204, text: '', headers: { 'content-type': /^application\/json/ } })
  const event = await stream.find('the event', ({ Key }) => Key === 'a')
  t.match(event, { ...body, Principal: 'user:powerbus', Original: null })
})

test('websocket: each register and deregister is answered by one event of Type websocket', async (t) => {
  const stream = await openStream(t)
  for (const frame of [
    'register machines.*.*',
    'register machines.*.*',
    'deregister machines.*.*',
    'deregister a.b.c',
  ]) {
    const [verb, pattern] = frame.split(' ')
    t.match(await stream.ask(frame), { Type: 'websocket', Action: verb, Key: pattern, Principal: String, Time: /^20/ })
  }
  await call('POST', 'events', { body: { Type: 'lamps', Action: 'out', Key: 'never' } })
  t.equal((await stream.ask('nonsense')).Action, 'error')
  t.same(stream.events.length, 5, 'and by no other')
})

test('Event: Object decodes into the model of its Type, with all fields', async (t) => {
  const stream = await openStream(t)
  await stream.ask('register machines,profiles,params,stages.create,update,delete.*')
  const { Uuid } = (await call('POST', 'machines', { body: { Name: 'm1' } })).body
  await call('PATCH', `machines/${Uuid}`, { body: [{ op: 'replace', path: '/Description', value: 'x' }] })
  await call('POST', 'profiles', { body: { Name: 'p1' } })
  await call('DELETE', `machines/${Uuid}`)
  await stream.find('the end', (event) => subjectOf(event) === `machines.delete.${Uuid}`)
  const seen = stream.events.filter(({ Type }) => Type !== 'websocket')
  t.same(
    seen.map(({ Type, Action }) => `${Type}.${Action}`),
    ['machines.create', 'machines.update', 'profiles.create', 'machines.delete'],
  )
  for (const { Type, Object: object, Original } of seen) {
    const model = Type === 'machines' ? models.machines : models.profiles
    for (const shown of [object, Original].filter((value) => value !== null)) {
      t.same(Object.keys(Object(shown)).sort(), Object.keys(model.fields).sort(), Type)
      t.same(model.decode(shown), shown)
    }
  }
})

test('escapes: \\1 is a dot, \\2 a comma and \\3 a star', async (t) => {
  const stream = await openStream(t)
  await stream.ask('register lamps.out.a\\1b,c\\2d,\\3')
  const keys = ['a.b', 'c,d', '*', 'a', 'b', 'c', 'd', 'ab', 'x', 'last']
  await stream.ask('register lamps.end.*')
  for (const Key of keys) await call('POST', 'events', { body: { Type: 'lamps', Action: 'out', Key } })
  await call('POST', 'events', { body: { Type: 'lamps', Action: 'end', Key: 'last' } })
  await stream.find('the end', ({ Action }) => Action === 'end')
  t.same(
    stream.events.filter(({ Action }) => Action === 'out').map(({ Key }) => Key),
    ['a.b', 'c,d', '*'],
  )
})

test("log.*.*: the log's lines come live to admins, but for those with IgnorePublish", async (t) => {
  const admin = await openStream(t)
  const reader = await openStream(t, (await makeToken(call, { Role: 'read' })).token)
  for (const stream of [admin, reader]) await stream.ask('register log.*.*')
  await call('POST', 'system/actions/survey')
  const event = await admin.find('the line', ({ Object: object }) => Object(object).Message === 'shown')
  t.match(event, {
    Type: 'log',
    Action: 'warn',
    Key: 'demo',
    Object: { ...line, Message: 'shown', IgnorePublish: false },
  })
  const lines = await waitUntil('both in the log', async () => {
    const { body } = await call('GET', 'logs')
    return (
      ['shown', 'hidden'].every((text) => body.some(({ Message }: { Message: string }) => Message === text)) && body
    )
  })
  t.match(lines.at(-1), { Group: Number, Seq: Number, Time: /^20/, Service: String, Principal: String, Level: String })
  t.notOk(admin.events.some(({ Object: object }) => Object(object).Message === 'hidden'))
  await reader.ask('deregister log.*.*')
  t.ok(reader.events.every(({ Type }) => Type === 'websocket'))
  t.equal((await call('POST', 'events', { body: { Type: 'log', Action: 'warn', Key: 'x' } })).status, 403)
})

test('a malformed registration harms nobody (fault 22)', async (t) => {
  const [hostile, good] = [await openStream(t), await openStream(t)]
  await good.ask('register lamps.*.*')
  const token = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '*',
      '.',
      ',',
      '..',
      '...',
      '\\',
      '\\1',
      '\\4',
      '**',
      '\0',
      '%s',
      '__proto__',
      'constructor',
      '[',
      '(',
    ),
    fc.constantFrom('.'.repeat(5000), ','.repeat(5000), '*'.repeat(5000), 'a,'.repeat(2000)),
  )
  const verb = fc.constantFrom('register', 'deregister', 'REGISTER', 'register\t', 'register\n', '', 'close', '{"a":1}')
  const frame = fc.tuple(verb, fc.array(token, { maxLength: 6 })).map(([head, rest]) => `${head} ${rest.join('.')}`)
  await fc.assert(
    fc.asyncProperty(frame, async (text) => {
      const answer = await hostile.ask(text)
      t.ok(['register', 'deregister', 'error'].includes(answer.Action))
    }),
    { numRuns: 300 },
  )
  await call('POST', 'events', { body: { Type: 'lamps', Action: 'out', Key: 'still' } })
  await good.find('the event', ({ Key }) => Key === 'still')
  t.equal((await call('GET', 'info')).status, 200)
})

test('thousands of patterns, or patterns of thousands of names, are refused by name and slow nobody', async (t) => {
  const [hostile, good] = [await openStream(t), await openStream(t)]
  await good.ask('register lamps.*.*')
  const many = Array.from({ length: 2000 }, (_, n) => `register t${n}.*.*`)
  for (const frame of many.slice(1)) hostile.socket.send(frame)
  await hostile.ask(many[0] ?? '')
  await waitUntil('all answers', () => hostile.events.length === many.length)
  t.equal(hostile.events.filter(({ Action }) => Action === 'error').length, many.length - 500)
  const wide = await openStream(t)
  const names = (n: number) => Array.from({ length: 700 }, (_, at) => `${n}k${at}`).join(',')
  const answers: string[] = []
  for (let n = 0; n < 40; n += 1) answers.push((await wide.ask(`register *.*.${names(n)}`)).Action)
  t.equal(answers[0], 'register')
  t.equal(answers.at(-1), 'error')
  const startedMs = performance.now()
  for (let n = 0; n < 200; n += 1)
    endpoint.events.publish({ Type: 'lamps', Action: 'out', Key: `k${n}`, Principal: 'test' })
  await good.find('the last one', ({ Key }) => Key === 'k199')
  t.ok(performance.now() - startedMs < 10_000)
})

test('oversized, binary and broken frames end or answer their own stream alone', async (t) => {
  const good = await openStream(t)
  await good.ask('register lamps.*.*')
  const closedBy = async (send: (socket: WebSocket) => void) => {
    const { socket } = await openStream(t)
    const closed = once(socket, 'close')
    send(socket)
    return Number((await closed)[0])
  }
  t.equal(await closedBy((socket) => socket.send('register '.padEnd(100_000, 'x'))), 1009)
  t.equal(await closedBy((socket) => socket.send(Buffer.from([0xc3, 0x28]), { binary: false })), 1007)
  const binary = await openStream(t)
  t.equal((await binary.ask(Buffer.from('register lamps.*.*'))).Action, 'error')
  const raw = await openStream(t)
  const gone = once(raw.socket, 'close')
  // A frame with reserved bits, and without a mask.
  Object(raw.socket)._socket.write(Buffer.from([0xf1, 0x05, 1, 2, 3, 4, 5]))
  await gone
  await call('POST', 'events', { body: { Type: 'lamps', Action: 'out', Key: 'after' } })
  await good.find('the event', ({ Key }) => Key === 'after')
})
