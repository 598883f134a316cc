import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const fastRestart = { firstMs: 10, mostMs: 40, attempts: 3, healthyMs: 60_000 }

test('an executable in the plugin folder is defined, unpacked, launched and configured', async (t) => {
  const { call, stateDir, endpoint } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  t.match((await call('GET', 'plugins/demo')).body, {
    Name: 'demo',
    Provider: 'demo',
    Available: true,
    Errors: { length: 0 },
  })
  t.match((await call('GET', 'plugin_providers/demo')).body, { Name: 'demo', PluginVersion: 4, Available: true })
  t.ok(existsSync(join(stateDir, 'files/plugin_providers/demo/unpacked.txt')))
  const { body } = await call('POST', 'system/actions/survey')
  t.equal(body.configured.Name, 'demo')
  t.equal(body.configured['demo/address'], 'nowhere', 'config has the defaults')
  t.equal(body.cwd, join(stateDir, 'scratch/demo'))
  t.same(body.argv.slice(2, 3), ['listen'])
  t.equal(body.env.RS_ENDPOINT, endpoint.url)
  const allowed = [
    'PATH',
    'HOME',
    'TMPDIR',
    'LANG',
    'NODE_EXTRA_CA_CERTS',
    ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
    'RS_ENDPOINT',
    'RS_TOKEN',
    'RS_FILESERVER',
    'RS_WEBROOT',
  ]
  // tap adds its own to every child of a test.
  const foreign = Object.keys(body.env).filter((name) => !name.startsWith('_TAPJS_') && name !== 'NODE_OPTIONS')
  t.same(
    foreign.filter((name) => !allowed.includes(name)),
    [],
  )
  t.notOk(body.argv.join(' ').includes(body.env.RS_TOKEN))
  t.equal((await call('GET', 'info', { token: body.env.RS_TOKEN })).status, 200, 'its token is good for the API')
})

test("a plugin's sockets are private and removed at the stop, which ends the plugin", async (t) => {
  const { call, stop, stateDir } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const { body } = await call('POST', 'system/actions/survey')
  const [to, from] = body.argv.slice(3)
  t.equal(statSync(from).mode & 0o777, 0o600)
  t.equal(statSync(join(from, '..')).mode & 0o777, 0o700)
  t.ok(Buffer.byteLength(to) < 104)
  await stop()
  t.notOk(existsSync(join(from, '..')))
  t.throws(() => process.kill(body.pid, 0), { code: 'ESRCH' })
  t.notOk(existsSync(join(stateDir, 'endpoint.json')))
})

test('a hanging config delays neither the start nor other plugins, and the plugin works after it', async (t) => {
  const { call, endpoint } = await startTestEndpoint(
    t,
    (folder) => {
      writeFixturePlugin(folder, { name: 'slow', config: 'setTimeout(() => answer(200, {}), 3000)' })
      writeFixturePlugin(folder)
    },
    { firstRunTimeoutMs: 100 },
  )
  const available = async (name: string) => (await call('GET', `plugins/${name}`)).body.Available
  t.equal(await available('slow'), false)
  await waitUntil('the other plugin', () => available('demo'))
  await waitUntil('the slow plugin', () => available('slow'))
  t.ok(endpoint.url)
})

test('a stop of the endpoint publishes no plugin errors', async (t) => {
  const { endpoint, stop } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const told: unknown[] = []
  endpoint.events.subscribe(({ Type, Object: object }) => {
    if (Type === 'plugins') told.push(Object(object).Errors)
  })
  await stop()
  // That it has become available may be told as late as this.
  t.same(
    told.filter((errors) => !Array.isArray(errors) || errors.length > 0),
    [],
  )
})

test('a crashed plugin is restarted', async (t) => {
  const { call } = await startTestEndpoint(
    t,
    (folder) =>
      writeFixturePlugin(folder, { action: 'if (action.Params.crash) process.exit(9); answer(200, process.pid)' }),
    { restart: fastRestart },
  )
  const first = (await call('POST', 'system/actions/survey')).body
  const crash = await call('POST', 'system/actions/survey', { body: { crash: true } })
  t.equal(crash.status, 504)
  t.equal(crash.body.Type, 'OUTCOME_UNKNOWN')
  const second = await waitUntil('the second run', async () => {
    const answer = await call('POST', 'system/actions/survey')
    return answer.status === 200 && answer.body
  })
  t.not(second, first)
})

test('a plugin that keeps crashing is given up, and its object shows why', async (t) => {
  const { call } = await startTestEndpoint(
    t,
    (folder) => writeFixturePlugin(folder, { before: "console.error('no rack'); process.exit(7)" }),
    { restart: fastRestart },
  )
  const plugin = await waitUntil('the end of the attempts', async () => {
    const { body } = await call('GET', 'plugins/demo')
    return body.Errors.length === 2 && body
  })
  t.equal(plugin.Available, false)
  t.match(plugin.Errors[1], /code 7.*no rack/)
  const answer = await call('POST', 'system/actions/survey')
  t.equal(answer.status, 503)
  t.equal(answer.body.Type, 'PLUGIN_UNAVAILABLE')
})

test('a plugin whose runs last long enough is restarted after each failure, and never given up', async (t) => {
  const { call, pluginDir } = await startTestEndpoint(
    t,
    (folder) =>
      writeFixturePlugin(folder, {
        before: `fs.appendFileSync(${JSON.stringify(join(folder, '.runs'))}, 'x')`,
        after: 'setTimeout(() => process.exit(6), 50)',
      }),
    { restart: { ...fastRestart, attempts: 2, healthyMs: 20 } },
  )
  const runs = () => readFileSync(join(pluginDir, '.runs'), 'utf8').length
  await waitUntil('runs beyond the number of attempts', () => runs() > 3, { timeoutMs: 60_000 })
  t.notMatch(JSON.stringify((await call('GET', 'plugins/demo')).body.Errors), /given up/)
})

test('a plugin that never says READY! is ended and reported', async (t) => {
  const { call, pluginDir } = await startTestEndpoint(
    t,
    (folder) =>
      writeFixturePlugin(folder, {
        before: `fs.writeFileSync(${JSON.stringify(join(folder, '.pid'))}, String(process.pid))
          setInterval(() => undefined, 1000)
          return`,
      }),
    { restart: { ...fastRestart, attempts: 1 }, readyTimeoutMs: 3000 },
  )
  const { body } = await call('GET', 'plugins/demo')
  t.equal(body.Available, false)
  t.match(body.Errors.join(' '), /READY/)
  const pid = Number(readFileSync(join(pluginDir, '.pid'), 'utf8'))
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('a plugin that hangs at stop is killed', async (t) => {
  const { call, stop } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { stop: ';' }))
  const { pid } = (await call('POST', 'system/actions/survey')).body
  const startedMs = performance.now()
  await stop()
  t.ok(performance.now() - startedMs < 20_000)
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('a plugin that floods its log and its stdout works on, and the log stays bounded', async (t) => {
  const startedMs = performance.now()
  const { call, logged } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, {
      after: `setInterval(() => { process.stdout.write('x'.repeat(100000)); process.stderr.write('noise\\n'.repeat(5000)) }, 20)
        for (let i = 0; i < 3000; i += 1) tell('log', { Level: 'warn', Message: 'flood ' + i, Seq: i })`,
    }),
  )
  for (let n = 0; n < 10; n += 1) t.equal((await call('POST', 'system/actions/survey')).status, 200)
  // A thousand at once and 200 per second, and a word for each second in which some were left out.
  const mostLines = 1100 + 210 * ((performance.now() - startedMs) / 1000)
  t.ok(logged.length < mostLines, `${logged.length} lines of ${mostLines}`)
  t.ok(logged.every((line) => String(line.msg).length <= 4096))
})

test("a plugin's log lines and events arrive, with its name", async (t) => {
  const { endpoint, logged, call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, {
      action: `tell('log', { Level: 'error', Message: 'lamp is out', Service: 'demo', Seq: 1 })
        tell('publish', { Type: 'lamps', Action: 'out', Key: 'l1', Object: { a: 1 } })
        tell('publish', { Type: 7 })
        answer(200, {})`,
    }),
  )
  const events: string[] = []
  endpoint.events.subscribe(({ Type, Action, Key }) => {
    if (Type === 'lamps') events.push(`${Type}.${Action}.${Key}`)
  })
  await call('POST', 'system/actions/survey')
  await waitUntil('the event', () => events.length > 0)
  const line = await waitUntil('the log line', () => logged.find((entry) => entry.msg === 'lamp is out'))
  t.match(line, { plugin: 'demo', level: 50 })
  t.same(events, ['lamps.out.l1'])
})

test('executables that are no plugins are listed with the reason and disturb no other plugin', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => {
    writeFixturePlugin(folder)
    const script = (name: string, text: string) =>
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    script('prints-words', 'echo hello')
    script('fails', 'echo broken >&2; exit 4')
    script('old', `echo '{"Name":"old","PluginVersion":2}'`)
    script('odd-name', `echo '{"Name":"../../etc","PluginVersion":4}'`)
    script('endless', 'yes')
    writeFileSync(join(folder, 'README'), 'not executable')
  })
  const providers = (await call('GET', 'plugin_providers')).body
  t.same(
    providers.map((provider: { Name: string; Available: boolean }) => [provider.Name, provider.Available]),
    [
      ['demo', true],
      ['endless', false],
      ['fails', false],
      ['odd-name', false],
      ['old', false],
      ['prints-words', false],
    ],
  )
  t.equal((await call('POST', 'system/actions/survey')).status, 200)
})

test('a plugin that refuses its config shows the reason until its params are right', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) =>
    writeFixturePlugin(folder, {
      config: `if (config['demo/password'] === 'open sesame') answer(200, { Code: 200 })
        else answer(400, { Model: 'plugin', Key: 'demo', Type: 'rpc', Code: 400,
          Messages: [JSON.stringify({ Messages: ['demo/password is wrong'], Code: 400 })] })`,
    }),
  )
  const before = (await call('GET', 'plugins/demo')).body
  t.same([before.Available, before.Errors], [false, ['demo/password is wrong']])
  t.equal((await call('POST', 'system/actions/survey')).status, 503)
  t.equal(
    (await call('POST', 'plugins/demo/params/demo/password', { body: JSON.stringify('open sesame') })).status,
    200,
  )
  t.same((await call('GET', 'plugins/demo')).body.Errors, [])
  t.equal((await call('POST', 'system/actions/survey')).status, 200)
})

test('a removed plugin object ends its plugin and revokes its token', async (t) => {
  const { call, stateDir } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder, { autoStart: false }))
  t.equal((await call('POST', 'system/actions/survey')).status, 503)
  const made = await call('POST', 'plugins', { body: { Name: 'second', Provider: 'demo' } })
  t.match([made.status, made.body], [201, { Name: 'second', Available: true }])
  const { env, pid } = (await call('POST', 'system/actions/survey')).body
  t.equal((await call('GET', 'info', { token: env.RS_TOKEN })).status, 200)
  t.equal((await call('DELETE', 'plugins/second')).status, 200)
  t.equal((await call('GET', 'info', { token: env.RS_TOKEN })).status, 401)
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  t.ok(readdirSync(join(stateDir, 'scratch')).length > 0)
})
