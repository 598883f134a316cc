import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { collectEvents } from '../fixtures/event-list.ts'
import { type FixtureOptions, writeFixturePlugin } from '../fixtures/fixture-plugin.ts'

// Each test is one row of what drpcli 4.8 needs of plugin providers. One endpoint serves them all, with `demo` in its
// plugin folder.
const { call, endpoint, stateDir, pluginDir } = await startCheckedEndpoint(
  tap,
  (folder) => writeFixturePlugin(folder, { action: "answer(200, { version: 'installed' })" }),
  { defineTimeoutMs: 2000 },
)
const octets = { 'content-type': 'application/octet-stream' }
const upload = async (name: string, program: string) => {
  return await call('POST', `plugin_providers/${name}?replaceWritable=true`, { body: program, headers: octets })
}
/** The text of a plugin's executable. */
const program = (options: FixtureOptions) => readFileSync(writeFixturePlugin(tempFolder(tap), options), 'utf8')
const saying = (version: string, more: FixtureOptions = {}) => {
  return program({ action: `answer(200, { version: '${version}' })`, ...more })
}
const version = async () => (await call('POST', 'system/actions/survey')).body.version

test('POST plugin_providers/NAME answers 201 {path,size}; its plugins restart with it', async (t) => {
  const seen = collectEvents(endpoint)
  t.equal(await version(), 'installed')
  const made = await upload('demo', saying('uploaded'))
  t.match([made.status, made.body], [201, { path: 'demo', size: saying('uploaded').length }])
  t.equal(await version(), 'uploaded')
  t.ok(existsSync(join(stateDir, 'files/plugin_providers/demo/unpacked.txt')))
  await seen.find('the event', ({ Type, Action, Key }) => `${Type}.${Action}.${Key}` === 'plugin_providers.update.demo')
  const params = { 'torch/address': { Name: 'torch/address', Schema: { type: 'string' } } }
  const actions = [{ Provider: 'torch', Model: 'plugins', Command: 'refresh', RequiredParams: [], OptionalParams: [] }]
  t.equal((await upload('torch', saying('new', { name: 'torch', params, actions }))).status, 201)
  t.equal((await call('POST', 'plugins/torch/actions/refresh')).body.version, 'new', 'AutoStart made its plugin')
  t.equal((await call('GET', 'params/torch/address')).status, 200, 'its content is loaded')
})

test('GET plugin_providers/NAME/binary answers the executable', async (t) => {
  const got = await call('GET', 'plugin_providers/demo/binary', { headers: { accept: 'application/octet-stream' } })
  t.equal(got.status, 200)
  t.equal(got.text, readFileSync(join(stateDir, 'providers/demo'), 'utf8'))
  t.match(got.headers.etag, /^"SHA256:[0-9a-f]{64}"$/)
  t.equal((await call('GET', 'plugin_providers/none/binary')).status, 404)
})

test('an upload that cannot be used is refused with the reason, and the running provider stays', async (t) => {
  const other = { 'torch/address': { Name: 'torch/address', Schema: { type: 'integer' } } }
  const cases: [string, string, RegExp][] = [
    ['no program at all', 'demo', /./],
    ['', 'demo', /./],
    ['#!/bin/sh\nsleep 60', 'demo', /did not return within/],
    ['#!/bin/sh\necho hello', 'demo', /other than one JSON document/],
    ['#!/bin/sh\necho "{}"', 'demo', /Name/],
    ['#!/bin/sh\necho broken >&2; exit 3', 'demo', /code 3: broken/],
    ['#!/no/such/interpreter', 'demo', /./],
    [`#!/bin/sh\necho '{"Name":"demo","PluginVersion":3}'`, 'demo', /PluginVersion/],
    [saying('misnamed', { name: 'lamp', params: {} }), 'demo', /it is provider lamp/],
    [saying('greedy', { params: other }), 'demo', /keysCannotBeOverridden: torch\/address/],
  ]
  for (const [text, name, reason] of cases) {
    const refused = await upload(name, text)
    t.match([refused.status, refused.body.Type], [422, 'ValidationError'], text.slice(0, 60))
    t.match(refused.body.Messages[0], reason)
    t.equal(await version(), 'uploaded', 'the one before runs on')
  }
  t.equal((await call('GET', 'params/demo/port')).status, 200, 'and its content is still there')
  t.same(readdirSync(join(stateDir, 'providers')).sort(), ['.uploads', 'demo', 'torch'])
  t.same(readdirSync(join(stateDir, 'providers/.uploads')), [], 'nothing of a refused upload stays')
  for (const path of ['..%2fdemo', '%2e%2e', 'a%00b', 'x']) {
    t.ok((await upload(path, saying('odd'))).status >= 400, path)
  }
})

test('DELETE plugin_providers/NAME removes it and answers the object', async (t) => {
  const gone = await call('DELETE', 'plugin_providers/torch')
  t.match([gone.status, gone.body], [200, { Name: 'torch', Version: 'v1.0.0' }])
  t.equal((await call('GET', 'plugin_providers/torch')).status, 404)
  t.match((await call('GET', 'plugins/torch')).body, { Available: false, Errors: [/no provider torch/] }, 'it stays')
  t.equal((await call('DELETE', 'plugin_providers/torch')).status, 404)
  t.equal((await call('DELETE', 'plugin_providers/demo')).status, 200)
  t.equal(await version(), 'installed', "the installation's is used again")
  const kept = await call('DELETE', 'plugin_providers/demo')
  t.match([kept.status, kept.body.Messages[0]], [409, /was not uploaded/])
})

test('an uploaded provider survives a restart, and a broken one does not keep the endpoint from it', async (t) => {
  const folders = { stateDir: join(tempFolder(t), 'state'), pluginDir }
  const first = await startCheckedEndpoint(t, undefined, folders)
  const body = saying('kept')
  t.equal((await first.call('POST', 'plugin_providers/demo', { body, headers: octets })).status, 201)
  await first.stop()
  writeFileSync(join(folders.stateDir, 'providers/.uploads/half'), 'x')
  writeFileSync(join(folders.stateDir, 'providers/broken'), 'x', { mode: 0o700 })
  const second = await startCheckedEndpoint(t, undefined, folders)
  t.equal((await second.call('POST', 'system/actions/survey')).body.version, 'kept')
  t.same(readdirSync(join(folders.stateDir, 'providers/.uploads')), [], 'what a kill left is gone')
  t.match((await second.call('GET', 'plugin_providers/broken')).body, { Available: false })
  t.equal((await second.call('DELETE', 'plugin_providers/broken')).status, 200)
})

test('a provider that ignores events and has no actions is not held running', async (t) => {
  const manifest = { Name: 'paper', Version: 'v1.0.0', PluginVersion: 4, AutoStart: true, IgnoreEvents: true }
  t.equal((await upload('paper', `#!/bin/sh\necho '${JSON.stringify(manifest)}'`)).status, 201)
  t.match((await call('GET', 'plugin_providers/paper')).body, { IgnoreEvents: true, HasPublish: false })
  t.match((await call('GET', 'plugins/paper')).body, { Available: true, Errors: { length: 0 } })
  t.notOk(existsSync(join(stateDir, 'scratch/paper')))
})

test('PluginErrors has what a config failed with, beside what the plugin wrote itself', async (t) => {
  const config = `if (config['demo/port'] === 7) answer(200, { Code: 200 })
    else answer(400, { Messages: [JSON.stringify({ Messages: ['demo/port must be 7'], Code: 400 })], Code: 400 })`
  await upload('demo', saying('choosy', { config }))
  const own = { op: 'add', path: '/PluginErrors', value: ['a line of its own'] }
  t.equal((await call('PATCH', 'plugins/demo', { body: [own] })).status, 200)
  const errors = async () => (await call('GET', 'plugins/demo')).body.PluginErrors
  t.same(await errors(), ['a line of its own', 'config: demo/port must be 7'])
  const described = { op: 'replace', path: '/Description', value: 'patched' }
  const test = { op: 'test', path: '/PluginErrors', value: await errors() }
  t.equal((await call('PATCH', 'plugins/demo', { body: [test, described] })).status, 200)
  t.same(await errors(), ['a line of its own', 'config: demo/port must be 7'])
  await call('POST', 'plugins/demo/params/demo/port', { body: '7' })
  await waitUntil('the config', async () => (await errors()).length === 1)
})
