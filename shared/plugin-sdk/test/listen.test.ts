import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, stat } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { decodeDrpError, decodeLogLine } from '@powerbus/drp'
import { test } from 'tap'
import { fakeEndpoint } from './fixture/fake-endpoint.ts'
import { builtDemo, call, collected, launch, type Reply, waitFor } from './fixture/launched-plugin.ts'

const ACTION = '/api-plugin/v4/action'
const CONFIG = '/api-plugin/v4/config'
const PUBLISH = '/api-plugin/v4/publish'
const STOP = '/api-plugin/v4/stop'

/** The Error object that a failing config or publish wraps. */
function wrapped(reply: Reply) {
  return decodeDrpError(JSON.parse(decodeDrpError(reply.body).Messages.at(-1) ?? ''))
}

test('a plugin over its two sockets, as an endpoint drives it', async (t) => {
  const { folder, executable } = await builtDemo(t)
  const socket = (name: string) => join(folder, name)
  const [to, from] = [socket('to'), socket('from')]
  const endpoint = await fakeEndpoint(from)
  t.teardown(() => endpoint.close())
  const plugin = await launch(t, executable, [to, from])
  const action = (Command: string, Params: object = {}, headers = {}) =>
    call(
      to,
      ACTION,
      { Model: { Name: 'node-01' }, Plugin: 'demo-plugin', Command, CommandSet: '', Params },
      { headers },
    )
  /** An action that takes so long, once the plugin has begun it. */
  const echoing = async (delayMs: number) => {
    const begun = () => endpoint.logs.filter((line) => line.Message === 'echoing').length
    const before = begun()
    const answer = action('echo', { 'demo/level': 1, 'demo/delay-ms': delayMs })
    await waitFor(() => begun() > before, 'the action')
    return { answer }
  }

  await t.test('only the owner may connect', async (t) => {
    t.equal((await stat(to)).mode & 0o777, 0o600)
  })

  await t.test('config hands the params over, and the plugin may publish', async (t) => {
    const reply = await call(to, CONFIG, { Name: 'demo-plugin', 'demo/key': 'secret-key', other: 1 })
    t.equal(reply.status, 200)
    t.strictSame(reply.body, { Model: 'plugin', Key: 'demo-plugin', Type: 'rpc', Messages: [], Code: 200 })
    t.match(reply.headers['content-type'], /^application\/json/)
    t.match(endpoint.events[0], {
      Type: 'demo-plugin',
      Action: 'configured',
      Key: 'demo-plugin',
      Principal: 'demo-plugin',
    })
  })

  await t.test('a failing config answers with its own code and wraps the failing Error', async (t) => {
    const refused = await call(to, CONFIG, { 'demo/key': 'wrong' })
    t.equal(refused.status, 409)
    t.match(wrapped(refused), { Code: 409, Reason: 'AUTH_FAILED' })
    t.match(wrapped(await call(to, CONFIG)), { Code: 400, Reason: 'PARAM_MISSING' })
    t.match(wrapped(await call(to, CONFIG, [])), { Code: 400, Reason: 'REQUEST_INVALID' })
  })

  await t.test('an action answers its bare result', async (t) => {
    const reply = await action('echo', { 'demo/level': '3', 'demo/password': 'hunter2', unknown: 1 })
    t.equal(reply.status, 200)
    t.match(reply.body, { level: 3, name: 'node-01', requestId: /^[0-9a-f-]{36}$/ })
    const nothing = await action('nothing', {}, { 'x-request-id': 'asked-with' })
    t.match(nothing, { status: 200, headers: { 'x-request-id': 'asked-with' }, body: null })
  })

  await t.test('the request id comes from the param, then from the header', async (t) => {
    const headers = { 'x-request-id': 'from-header' }
    t.match((await action('echo', { 'demo/level': 1 }, headers)).body, { requestId: 'from-header' })
    const params = { 'demo/level': 1, 'power/request-id': 'from-param' }
    t.match((await action('echo', params, headers)).body, { requestId: 'from-param' })
  })

  await t.test('every bad input has its code and names what is wrong', async (t) => {
    const refused = async (reply: Promise<Reply>, Code: number, Reason: string, mention = /./) => {
      const { status, body } = await reply
      t.equal(status, Code)
      t.match(body, { Model: 'plugin', Key: 'demo-plugin', Type: 'rpc', Code, Reason })
      t.match(decodeDrpError(body).Messages.join(), mention)
    }
    await refused(action('echo'), 400, 'PARAM_MISSING', /demo\/level/)
    for (const value of [10, -1, 1.5, 'x', true, null, [], {}]) {
      await refused(action('echo', { 'demo/level': value }), 400, 'PARAM_INVALID', /demo\/level/)
    }
    await refused(action('echo', { 'demo/level': 1, 'demo/password': 7 }), 400, 'PARAM_INVALID', /demo\/password/)
    await refused(action('nope'), 404, 'ACTION_UNKNOWN', /nope/)
    await refused(action('busy'), 409, 'TARGET_BUSY', /node-01/)
    await refused(call(to, ACTION), 400, 'REQUEST_INVALID', /Command/)
    await refused(call(to, ACTION, { Command: 'echo', Params: [] }), 400, 'REQUEST_INVALID', /Action\.Params/)
    await refused(call(to, ACTION, undefined, { raw: '{"Command":' }), 400, 'REQUEST_INVALID')
    // Its length is told and not sent: the answer to that comes at once, and breaks off whoever still writes.
    const long = { raw: '{', headers: { 'content-length': `${8 * 1024 * 1024 + 1}` } }
    await refused(call(to, ACTION, undefined, long), 413, 'REQUEST_TOO_LARGE')
  })

  await t.test('the content type may stand anywhere in its header, in any case', async (t) => {
    for (const type of ['Application/JSON; charset=utf-8', 'x application/json']) {
      t.equal((await call(to, ACTION, { Command: 'nothing' }, { headers: { 'content-type': type } })).status, 200, type)
    }
  })

  await t.test('other methods and paths are unknown', async (t) => {
    for (const [method, path] of [
      ['GET', ACTION],
      ['PUT', ACTION],
      ['DELETE', CONFIG],
      ['POST', '/api-plugin/v4/'],
      ['POST', '/api-plugin/v3/action'],
      ['POST', '/%zz'],
    ] as const) {
      const reply = await call(to, path, {}, { method })
      t.equal(reply.status, 404, `${method} ${path}`)
      t.match(reply.body, { Model: 'plugin', Type: method, Key: path, Code: 404 })
    }
  })

  await t.test('what is not HTTP is refused, and the plugin goes on', async (t) => {
    const client = connect(to)
    client.end('\x16\x03\x01 nonsense\r\n\r\n')
    const [answer] = await once(client, 'data')
    t.match(String(answer), /^HTTP\/1\.1 400 /)
    t.equal((await action('nothing')).status, 200)
  })

  await t.test('a crash is a 500 that ends nothing and shows no secret', async (t) => {
    const reply = await action('crash', { 'demo/password': 'hunter2' })
    t.match(reply, { status: 500, body: { Code: 500, Reason: 'INTERNAL' } })
    t.notMatch(JSON.stringify(reply.body), /hunter2/)
    t.match(await action('endless'), { status: 500, body: { Reason: 'INTERNAL' } })
    await waitFor(() => plugin.stderr().includes('late crash'), 'the crash in the log')
    t.equal((await action('nothing')).status, 200)
  })

  await t.test(
    'an action that ignores its deadline is answered for, and one that minds it speaks for itself',
    async (t) => {
      t.match(await action('deaf'), { status: 504, body: { Reason: 'DEADLINE_EXCEEDED' } })
      t.match(await action('patient'), { status: 504, body: { Reason: 'TARGET_TIMEOUT' } })
    },
  )

  await t.test('an event is handled, and no line about it becomes an event', async (t) => {
    const event = { Time: '', Type: 'machines', Action: 'create', Key: 'k1', Principal: '', Object: {}, Original: null }
    t.match(await call(to, PUBLISH, event), { status: 200, body: { Messages: { length: 0 }, Code: 200 } })
    const failed = await call(to, PUBLISH, { ...event, Key: 'bad' })
    t.equal(failed.status, 200)
    t.match(wrapped(failed), { Code: 502, Reason: 'TARGET_UNREACHABLE' })
    t.equal((await call(to, PUBLISH, { Type: 7 })).status, 400)
    await waitFor(() => endpoint.logs.some((line) => line.Message === 'event failed'), 'the log')
    const about = endpoint.logs.filter((line) => /^event/.test(String(line.Message)))
    t.ok(about.length >= 3 && about.every((line) => line.IgnorePublish === true))
  })

  await t.test('requests below /plugin-apis reach the plugin, by any method', async (t) => {
    const reply = await call(to, '/plugin-apis/demo-plugin/a/b?q=1', undefined, { method: 'PUT', raw: 'text' })
    t.match(reply, { status: 202, body: { method: 'PUT', path: '/a/b', q: '1', body: 'text' } })
    t.match((await call(to, '/plugin-apis/demo-plugin', undefined, { method: 'GET' })).body, { path: '/' })
  })

  await t.test('log lines reach the endpoint in its form, in order, and without secrets', async (t) => {
    await call(to, ACTION, { Command: 'nothing' }, { headers: { 'x-log-request': 'debug', 'x-log-token': 'T42' } })
    await waitFor(() => endpoint.logs.some((line) => line.Message === 'action accepted'), 'a debug line')
    const lines = endpoint.logs.map((line) => decodeLogLine(line))
    t.ok(lines.some((line) => line.Message.includes('T42')))
    t.ok(lines.every((line, index) => index === 0 || line.Seq > (lines[index - 1]?.Seq ?? 0)))
    t.equal(lines.filter((line) => line.Level === 'debug').length, 1, 'only the request that asked for it')
    const echo = lines.findIndex((line) => line.Message === 'echoing')
    t.equal(lines[echo]?.Group, lines[echo + 1]?.Group, 'one request, one group')
    t.match(lines[echo]?.Data[0], { password: '[secret]' })
    t.notMatch(JSON.stringify(endpoint.logs) + plugin.stderr(), /hunter2|secret-key/)
  })

  await t.test('a stop finishes what was accepted, refuses the rest, says goodbye and ends with 0', async (t) => {
    const accepted = await echoing(1_000)
    t.match(await call(to, STOP), { status: 200, body: { Messages: { length: 0 } } })
    t.match(await action('nothing'), { status: 503, body: { Reason: 'SHUTTING_DOWN' } })
    t.match(await accepted.answer, { status: 200, body: { level: 1 } })
    t.strictSame(await plugin.ended, { code: 0, signal: null })
    t.equal(endpoint.farewells.length, 1)
    t.equal(plugin.stdout(), 'READY!\n')
    await t.rejects(access(to), { code: 'ENOENT' })
  })

  await t.test('without RS_TOKEN config is refused', async (t) => {
    const bare = await launch(t, executable, [to, from], {})
    const reply = await call(to, CONFIG, { 'demo/key': 'k' })
    t.equal(reply.status, 400)
    t.match(wrapped(reply).Messages.join(), /RS_TOKEN/)
    bare.child.kill('SIGTERM')
    t.strictSame(await bare.ended, { code: 0, signal: null })
  })

  await t.test('a second signal ends it at once', async (t) => {
    const hurried = await launch(t, executable, [to, from])
    const lost = (await echoing(15_000)).answer.catch(() => 'lost')
    hurried.child.kill('SIGTERM')
    await waitFor(() => hurried.stderr().includes('SIGTERM'), 'the first signal')
    hurried.child.kill('SIGINT')
    t.equal((await hurried.ended).code, 130)
    t.equal(await lost, 'lost')
    await t.rejects(access(to), { code: 'ENOENT' })
  })

  await t.test('an old socket file is replaced, one in use is not', async (t) => {
    const first = await launch(t, executable, [to, from])
    first.child.kill('SIGKILL')
    await first.ended
    await access(to)
    const second = await launch(t, executable, [to, from])
    t.equal((await action('nothing')).status, 200)
    const third = await launch(t, executable, [to, from])
    t.equal((await third.ended).code, 1)
    t.equal((await action('nothing')).status, 200, 'the one that was there still answers')
    second.child.kill('SIGTERM')
    await second.ended
  })

  await t.test('a plugin works on while nothing listens on FROM', async (t) => {
    const alone = await launch(t, executable, [to, socket('nowhere')])
    t.equal((await action('nothing')).status, 200)
    t.match(wrapped(await call(to, CONFIG, { 'demo/key': 'k' })), { Reason: 'BUS_CLOSED' })
    alone.child.kill('SIGTERM')
    t.strictSame(await alone.ended, { code: 0, signal: null })
  })

  await t.test('a plugin whose launcher is killed ends by itself, after its accepted work', async (t) => {
    const launcher: ChildProcess = spawn(
      process.execPath,
      [join(import.meta.dirname, 'fixture/careless-launcher.mjs'), executable, 'listen', to, from],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const output = collected(launcher, 'stdout')
    await waitFor(() => output().includes('READY!'), 'READY!')
    const pid = Number(/pid (\d+)/.exec(output())?.[1])
    const accepted = await echoing(2_500)
    launcher.kill('SIGKILL')
    t.equal((await accepted.answer).status, 200)
    await waitFor(() => !isAlive(pid), 'the end of the orphan')
    await t.rejects(access(to), { code: 'ENOENT' })
  })

  await t.test('a listener that nobody here started is left alone', async (t) => {
    const stranger = createServer()
    await new Promise<void>((done) => stranger.listen(to, done))
    const refused = await launch(t, executable, [to, from])
    t.equal((await refused.ended).code, 1)
    await new Promise((done) => stranger.close(done))
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
