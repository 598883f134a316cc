import { type TestScope, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { type DrpApiError, type DrpEvent, EventStream, type EventStreamOptions } from '../../src/index.ts'
import { acknowledgement, startStreamServer } from './stream-server.ts'

function open(scope: TestScope, endpoint: string, options: Partial<EventStreamOptions> = {}) {
  const events: DrpEvent[] = []
  const problems: DrpApiError[] = []
  const readies: boolean[] = []
  const stream = new EventStream({
    endpoint,
    token: 'secret',
    patterns: ['machines.*.*'],
    firstPauseMs: 10,
    longestPauseMs: 50,
    ...options,
    onEvent: (event) => void events.push(event),
    onProblem: (error) => void problems.push(error),
    onReady: (again) => void readies.push(again),
  })
  scope.teardown(() => stream.close())
  return { stream, events, problems, readies }
}

const refused = { name: 'DrpApiError', kind: 'refused' }
const late = { name: 'DrpApiError', kind: 'timeout' }
const created = (Key: string) => ({ Type: 'machines', Action: 'create', Key })

test('the stream registers its patterns with its token and delivers events in order', async (t) => {
  const server = await startStreamServer(t)
  const { stream, events, readies } = open(t, server.endpoint)
  await stream.ready(10_000)
  t.equal(server.requests[0]?.headers.authorization, 'Bearer secret')
  t.same(server.frames, ['register machines.*.*'])
  for (const key of ['a', 'b', 'c']) server.send(created(key))
  await waitUntil('the events', () => events.length === 3)
  t.same(
    events.map(({ Key }) => Key),
    ['a', 'b', 'c'],
  )
  t.same(readies, [false])
})

test('patterns are registered one after another, and a malformed one is refused at once', async (t) => {
  const server = await startStreamServer(t)
  const { stream } = open(t, server.endpoint, { patterns: ['machines.*.*', 'profiles.save.a\\1b'] })
  await stream.ready(10_000)
  t.same(server.frames, ['register machines.*.*', 'register profiles.save.a\\1b'])
  t.throws(() => open(t, server.endpoint, { patterns: ['nonsense'] }), { name: 'DecodeError' })
})

test('a broken stream is opened again, and registered with a new token', async (t) => {
  const server = await startStreamServer(t)
  let tokens = 0
  const { stream, events, problems, readies } = open(t, server.endpoint, {
    patterns: ['machines.*.*', 'profiles.*.*'],
    token: () => {
      tokens += 1
      return `token ${tokens}`
    },
  })
  await stream.ready(10_000)
  server.sockets[0]?.terminate()
  await waitUntil('the second connection', () => readies.length === 2)
  t.same(readies, [false, true])
  t.same(server.frames.slice(-2), ['register machines.*.*', 'register profiles.*.*'])
  t.equal(server.requests[1]?.headers.authorization, 'Bearer token 2')
  t.match(problems, [{ kind: 'unreachable' }])
  server.send(created('after'))
  await waitUntil('the event', () => events.length === 1)
})

test('a refused pattern is told, and the stream opened again', async (t) => {
  let refusals = 1
  const server = await startStreamServer(t, (frame) =>
    refusals-- > 0 ? { Type: 'websocket', Action: 'error', Key: frame } : acknowledgement(frame),
  )
  const { stream, problems } = open(t, server.endpoint)
  await stream.ready(10_000)
  t.match(problems, [refused])
  t.equal(server.sockets.length, 2)
})

test('a frame that is no event is told, and the stream continues', async (t) => {
  const server = await startStreamServer(t)
  const { stream, events, problems } = open(t, server.endpoint)
  await stream.ready(10_000)
  server.send('{not json')
  server.send(created('a'))
  await waitUntil('the event', () => events.length === 1)
  t.match(problems, [{ kind: 'protocol' }])
  t.equal(server.sockets.length, 1)
})

test('a server that does not answer gets a new connection', async (t) => {
  const server = await startStreamServer(t, () => undefined)
  const { stream, problems } = open(t, server.endpoint, { answerMs: 50 })
  await t.rejects(stream.ready(300), late)
  await waitUntil('a second try', () => server.sockets.length >= 2)
  t.match(problems[0], { kind: 'timeout' })
})

test('missing pongs end the connection to a hanging server; a quiet server keeps its connection', async (t) => {
  const server = await startStreamServer(t)
  const { stream, readies } = open(t, server.endpoint, { pingMs: 40 })
  await stream.ready(10_000)
  await new Promise((resolve) => setTimeout(resolve, 400))
  t.equal(server.sockets.length, 1)
  server.sockets[0]?.pause()
  await waitUntil('a new connection', () => readies.length === 2)
})

test('without a server the stream retries until it is closed', async (t) => {
  const { stream, problems } = open(t, 'http://127.0.0.1:9')
  await waitUntil('several tries', () => problems.length >= 3)
  await stream.close()
  const { length } = problems
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.equal(problems.length, length)
})
