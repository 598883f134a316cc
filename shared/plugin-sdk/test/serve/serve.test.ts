import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodePluginManifest } from '@powerbus/drp'
import { freeTcpPort, startProcess, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { manifestOf } from '../../src/index.ts'
import { demo } from '../fixture/demo-plugin.ts'
import { builtDemo } from '../fixture/launched-plugin.ts'
import { startServe } from '../fixture/served-plugin.ts'

const ACTION = '/api-plugin/v4/action'
const CONFIG = '/api-plugin/v4/config'
const STOP = '/api-plugin/v4/stop'

function action(Command: string, Params: object = {}) {
  return { Model: { Name: 'node-01' }, Plugin: 'demo-plugin', Command, CommandSet: '', Params }
}

test('a plugin with no endpoint and no bus, over HTTP', async (t) => {
  const { folder, executable } = await builtDemo(t)

  await t.test('it is alive before it is configured, and ready after', async (t) => {
    const { ask } = await startServe(t, executable)
    t.equal((await ask('/healthz')).status, 200)
    t.match(await ask('/readyz'), { status: 503, body: { ready: false, config: 'waiting', store: 'none' } })
    t.match(await ask(CONFIG, {}), { status: 400 })
    t.match(await ask('/readyz'), { status: 503, body: { config: 'failed' } })
    await waitUntil('the bus of this process', async () => (await ask(CONFIG, { 'demo/key': 'k' })).status === 200)
    await waitUntil('its subjects', async () => (await ask('/readyz')).status === 200)
    t.match((await ask('/readyz')).body, { ready: true, config: 'ok', bus: 'ok' })
  })

  await t.test(
    'an action, an event, define and the plugin’s own paths answer as they do for an endpoint',
    async (t) => {
      const { ask } = await startServe(t, executable)
      const headers = { 'x-request-id': 'from-me' }
      const answer = await ask(ACTION, action('echo', { 'demo/level': '3' }), { headers })
      t.match(answer, { status: 200, headers, body: { level: 3, name: 'node-01', requestId: 'from-me' } })
      t.match(await ask(ACTION, action('nope')), { status: 404, body: { Reason: 'ACTION_UNKNOWN' } })
      t.match(await ask('/api-plugin/v4/publish', { Type: 'machines', Action: 'save', Key: 'k' }), {
        status: 200,
        body: { Messages: { length: 0 } },
      })
      t.strictSame(decodePluginManifest((await ask('/api-plugin/v4/define')).body), manifestOf(demo))
      t.match(await ask('/plugin-apis/demo-plugin/a', {}), { status: 202, body: { path: '/a' } })
    },
  )

  await t.test('who does not know the token gets health and readiness alone', async (t) => {
    const { ask } = await startServe(t, executable)
    for (const authorization of ['', 'Bearer wrong', 'Basic x']) {
      const as = { headers: { authorization } }
      t.equal((await ask('/healthz', undefined, as)).status, 200)
      t.equal((await ask('/readyz', undefined, as)).status, 503)
      for (const path of [ACTION, CONFIG, STOP, '/plugin-apis/demo-plugin']) {
        t.match(await ask(path, {}, as), { status: 401, body: { Reason: 'UNAUTHENTICATED' } }, path)
      }
      for (const path of ['/metrics', '/api-plugin/v4/define', '/else']) {
        t.equal((await ask(path, undefined, as)).status, 401, path)
      }
    }
  })

  await t.test('without a token it can be read on the loopback, and does nothing', async (t) => {
    const { ask } = await startServe(t, executable, { env: { POWERBUS_TOKEN: '' } })
    t.equal((await ask('/metrics')).status, 200)
    t.equal((await ask('/api-plugin/v4/define')).status, 200)
    for (const path of [ACTION, CONFIG, STOP, '/plugin-apis/demo-plugin']) {
      t.equal((await ask(path, {})).status, 401, path)
    }
  })

  await t.test('params come from the environment, from files that it names, and from a file of params', async (t) => {
    const [secret, yaml, json] = [join(folder, 'key'), join(folder, 'p.yaml'), join(folder, 'p.json')]
    await writeFile(secret, 'from-a-file\n', { mode: 0o600 })
    await writeFile(yaml, '# params\ndemo/key: from-yaml\n', { mode: 0o600 })
    await writeFile(json, '{"demo/key": "from-json"}', { mode: 0o600 })
    for (const setup of [
      { env: { POWERBUS_PARAM_DEMO_KEY: 'plain' } },
      { env: { POWERBUS_PARAM_DEMO_KEY_FILE: secret } },
      { args: ['--config', yaml] },
      { args: ['--config', json] },
    ]) {
      const { ask, process } = await startServe(t, executable, setup)
      await waitUntil('its config', async () => (await ask('/readyz')).status === 200)
      t.notMatch(process.output.stderr, /from-a-file|from-yaml|from-json|plain/)
      t.notMatch(process.output.stderr, /chmod/)
    }
    await chmod(yaml, 0o644)
    const { process } = await startServe(t, executable, { args: ['--config', yaml] })
    await process.waitForOutput(/chmod 600/, { stream: 'stderr' })
  })

  await t.test('params that cannot be right end it with 1, and show no value', async (t) => {
    const [yaml, broken] = [join(folder, 'unknown.yaml'), join(folder, 'broken.yaml')]
    await writeFile(yaml, 'demo/keys: hidden-value\n', { mode: 0o600 })
    await writeFile(broken, 'demo/key: [hidden-value\n', { mode: 0o600 })
    for (const { args = [], env = {}, mention } of [
      { args: ['--config', yaml], mention: /demo\/keys/ },
      { args: ['--config', broken], mention: /broken\.yaml/ },
      { env: { POWERBUS_PARAM_DEMO_KEYS: 'hidden-value' }, mention: /POWERBUS_PARAM_DEMO_KEYS/ },
      { env: { POWERBUS_PARAM_DEMO_KEY: 'hidden-value', POWERBUS_PARAM_DEMO_KEY_FILE: yaml }, mention: /_FILE/ },
    ]) {
      const child = await startProcess(t, executable, ['serve', '--http', '127.0.0.1:0', ...args], { env })
      t.equal((await child.exited).code, 1)
      t.match(child.output.stderr, mention)
      t.notMatch(child.output.stderr, /hidden-value/)
    }
  })

  await t.test('a config that failed for now is tried again', async (t) => {
    // Its config publishes an event, which fails until there is a bus: a fraction of a second after the first try.
    const { ask, process } = await startServe(t, executable, { env: { POWERBUS_PARAM_DEMO_KEY: 'k' } })
    await waitUntil('its config', async () => (await ask('/readyz')).status === 200)
    t.notMatch(process.output.stderr, /"level":50,.*"msg":"uncaught/)
  })

  await t.test('an address that is taken is said, with what to do', async (t) => {
    const port = await freeTcpPort()
    const args = ['serve', '--http', `127.0.0.1:${port}`]
    const first = await startProcess(t, executable, args)
    await first.waitForOutput(/^http:/m)
    const second = await startProcess(t, executable, args)
    t.equal((await second.exited).code, 1)
    t.match(second.output.stderr, new RegExp(`${port}.*--http`))
  })

  await t.test('SIGTERM finishes what was accepted, refuses the rest, and ends with 0', async (t) => {
    const { ask, process } = await startServe(t, executable)
    const accepted = ask(ACTION, action('echo', { 'demo/level': 1, 'demo/delay-ms': 3000 }))
    const isAccepted = async () => /^powerbus_actions_running\{.*\} 1$/m.test((await ask('/metrics')).text)
    await waitUntil('the action', isAccepted)
    process.kill('SIGTERM')
    await waitUntil('the stop', async () => (await ask('/readyz')).status === 503)
    t.match(await ask('/readyz'), { status: 503, body: { stopping: true } })
    t.match(await ask(ACTION, action('nothing')), { status: 503, body: { Reason: 'SHUTTING_DOWN' } })
    t.match(await accepted, { status: 200, body: { level: 1 } })
    t.strictSame(await process.exited, { code: 0, signal: null })
  })

  await t.test('a request asks for a stop', async (t) => {
    const { ask, process } = await startServe(t, executable)
    t.equal((await ask(STOP, {})).status, 200)
    t.equal((await process.exited).code, 0)
  })
})
