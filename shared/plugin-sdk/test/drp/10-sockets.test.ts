import { join } from 'node:path'
import { decodeDrpError } from '@powerbus/drp'
import { waitUntil } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { fakeEndpoint } from '../fixture/fake-endpoint.ts'
import { builtDemo, call, launch } from '../fixture/launched-plugin.ts'
import { streamServer } from '../fixture/stream-server.ts'

// Each test is one row of what DRP's original plugins answer on their sockets. One executable serves them all.
const CONFIG = '/api-plugin/v4/config'
const ACTION = '/api-plugin/v4/action'
const { folder, executable } = await builtDemo(tap)
const selecting = (await builtDemo(tap, 'selecting-main.ts')).executable
const endpoint = await fakeEndpoint(join(folder, 'from'))
tap.teardown(() => endpoint.close())
const to = join(folder, 'to')
const running = await launch(tap, executable, [to, join(folder, 'from')])

test('config ok, null and an empty body are answered with Code 200 and no message', async (t) => {
  const bare = join(folder, 'bare')
  await launch(t, selecting, [bare, join(folder, 'from')])
  const bodies: [unknown, object][] = [
    [{ Name: 'other' }, {}],
    [undefined, { raw: 'null' }],
    [undefined, { raw: '' }],
  ]
  for (const [body, options] of bodies) {
    const { status, body: answer } = await call(bare, CONFIG, body, options)
    t.equal(status, 200)
    t.match(decodeDrpError(answer), { Code: 200, Messages: { length: 0 } })
  }
})

test('config refused: the status is the inner Code, and Messages[0] the inner Error as JSON', async (t) => {
  const { status, body } = await call(to, CONFIG, { Name: 'demo-plugin', 'demo/key': 'wrong' })
  const { Code, Messages } = decodeDrpError(body)
  t.same([status, Code, Messages.length], [409, 409, 1])
  t.match(decodeDrpError(JSON.parse(Messages[0] ?? '')), { Code: 409, Key: 'demo-plugin', Reason: 'AUTH_FAILED' })
})

test('wrong content type: 400, Type is the method, Invalid content type: X', async (t) => {
  const { status, body } = await call(to, CONFIG, {}, { headers: { 'content-type': 'text/plain' } })
  t.equal(status, 400)
  t.match(body, {
    Type: 'POST',
    Code: 400,
    Messages: [/^Invalid content type: text\/plain/],
    Reason: 'REQUEST_INVALID',
  })
})

test('unknown path, publish not offered: 404, Key is the path, Type the method, no message', async (t) => {
  const bare = join(folder, 'bare')
  await launch(t, selecting, [bare, join(folder, 'from')])
  const streamed = join(folder, 'streamed')
  await launch(t, executable, [streamed, join(folder, 'from')], { RS_TOKEN: 'token', POWERBUS_EVENTS: 'stream' })
  const asked: [string, string, string][] = [
    [streamed, 'POST', '/api-plugin/v4/publish'],
    [to, 'POST', '/api-plugin/v3/config'],
    [to, 'GET', CONFIG],
    [bare, 'POST', '/api-plugin/v4/publish'],
    [bare, 'GET', '/plugin-apis/selecting/x'],
  ]
  for (const [socket, method, path] of asked) {
    const { status, body } = await call(socket, path, {}, { method })
    t.same([status, body], [404, { Model: 'plugin', Key: path, Type: method, Messages: [], Code: 404 }])
  }
})

test('action not offered: 404, and the plugin goes on', async (t) => {
  const { status, body } = await call(to, ACTION, { Model: {}, Command: 'none', Params: {} })
  t.match([status, body], [404, { Model: 'plugin', Type: 'rpc', Code: 404, Reason: 'ACTION_UNKNOWN' }])
})

test('panic: 500 with what went wrong and no stack, and the plugin goes on', async (t) => {
  const { status, body } = await call(to, ACTION, { Model: {}, Command: 'crash', Params: {} })
  t.match([status, body], [500, { Model: 'plugin', Code: 500, Messages: { length: 1 } }])
  t.notMatch(JSON.stringify(body), 'at Object')
  await waitUntil('the log of the crash that came later', () => running.stderr().includes('late crash'))
  t.equal((await call(to, ACTION, { Model: {}, Command: 'nothing', Params: {} })).status, 200)
})

test("the plugin's name arrives in config as Name, and is the Key of its errors", async (t) => {
  const other = join(folder, 'named')
  await launch(t, executable, [other, join(folder, 'from')])
  const refused = async (params: object) => decodeDrpError((await call(other, CONFIG, params)).body).Messages[0] ?? ''
  t.match(JSON.parse(await refused({ 'demo/key': 'wrong' })), { Key: 'demo-plugin' }, "without one: the provider's")
  t.match(JSON.parse(await refused({ Name: 'second', 'demo/key': 'wrong' })), { Key: 'second' })
  t.equal((await call(other, CONFIG, { Name: 'second', 'demo/key': 'k' })).status, 200)
  t.match(endpoint.events.at(-1), { Type: 'demo-plugin', Action: 'configured', Key: 'second' })
})

test('stop: answered, with exit code 0 after it', async (t) => {
  const other = join(folder, 'stopped')
  const plugin = await launch(t, executable, [other, join(folder, 'from')])
  const answer = await call(other, '/api-plugin/v4/stop', {})
  t.match(answer, { status: 200 })
  t.same(await plugin.ended, { code: 0, signal: null })
})

test('log: a line is posted to /log, and Data is an array', async (t) => {
  await waitUntil('a line', () => endpoint.logs.some(({ Message }) => Message === 'ready'))
  t.ok(endpoint.logs.every(({ Data }) => Array.isArray(Data)))
})

test('a plugin with publish takes its events from the event stream where POWERBUS_EVENTS is stream', async (t) => {
  const stream = await streamServer(t)
  const other = join(folder, 'other')
  const env = { RS_ENDPOINT: stream.url, RS_TOKEN: 'token', POWERBUS_EVENTS: 'stream' }
  const plugin = await launch(t, executable, [other, join(folder, 'from')], env)
  t.equal((await call(other, CONFIG, { 'demo/key': 'k' })).status, 200)
  await waitUntil('the registration', () => stream.registered('*.*.*') === 1)
  stream.send({ Type: 'log', Action: 'info', Key: 'bad' })
  stream.send({ Type: 'machines', Action: 'create', Key: 'bad' })
  await waitUntil('the event', () => plugin.stderr().includes('event failed'))
  t.equal(plugin.stderr().split('event failed').length, 2, 'a line of the log is none for it')
})
