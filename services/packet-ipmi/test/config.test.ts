import { PowerbusError, readParamValues } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { packetIpmiPlugin } from '../src/plugin.ts'
import { chosenProjects } from '../src/running.ts'
import { Bench, silent } from './fixtures/bench.ts'

test('config without packet/api-url answers 400 and names the param', async (t) => {
  const bench = new Bench()
  await t.rejects(bench.configure({ 'packet/api-url': undefined }), { status: 400, message: /packet\/api-url/ })
  await bench.plugin.stop?.()
})

test("config with an unknown project answers 400 and names the key's projects", async (t) => {
  const bench = new Bench()
  await t.rejects(bench.configure({ 'packet/project-id': 'other' }), {
    code: 'PARAM_INVALID',
    message: /packet\/project-id.*lab/,
  })
  await bench.configure({ 'packet/project-id': 'project' })
  await bench.plugin.stop?.()
})

test('the only project of the key is the default', async (t) => {
  const [one, two] = [
    { id: '1', name: 'a' },
    { id: '2', name: 'b' },
  ]
  t.equal(chosenProjects([one], true, undefined).projectId, '1')
  t.equal(chosenProjects([one], true, '').projectId, '1')
  t.equal(chosenProjects([one], false, undefined).projectId, undefined)
  t.equal(chosenProjects([one, two], true, undefined).projectId, undefined)
  t.strictSame(chosenProjects([one, two], true, '2'), { projects: [two], projectId: '2' })
  t.strictSame(chosenProjects([one], false, '3'), { projects: [{ id: '3', name: '' }], projectId: '3' })
})

test('a creation without a project fails and names the param', async (t) => {
  const bench = new Bench()
  bench.cloud.projects = async () => ({
    items: [
      { id: 'a', name: '' },
      { id: 'b', name: '' },
    ],
    complete: true,
  })
  await bench.configure()
  await t.rejects(bench.run('createVm', { 'packet/api-key': 'key' }), {
    code: 'PARAM_MISSING',
    message: /packet\/project-id/,
  })
  await bench.plugin.stop?.()
})

test('a second config goes on with the work of the first one', async (t) => {
  const bench = new Bench()
  await bench.configure()
  const { Uuid } = await bench.newMachine()
  await bench.clock.until(() => bench.cloud.made.length === 1)
  await bench.clock.run(bench.configure({ 'packet/prune': true }))
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  t.equal(bench.cloud.made.length, 1)
  const names = (bench.plugin.metrics?.() ?? []).map(({ name }) => name)
  t.ok(names.length > 0 && names.every((name) => name.startsWith('packet_ipmi')))
  await bench.plugin.stop?.()
})

test('config succeeds while a known cloud is away, and fails for an unknown one', async (t) => {
  const away = async () => {
    throw new PowerbusError('TARGET_UNREACHABLE', 'away')
  }
  const bench = new Bench()
  bench.cloud.projects = away
  await t.rejects(bench.configure(), { code: 'TARGET_UNREACHABLE' })
  bench.cloud.projects = async () => ({ items: [{ id: 'project', name: '' }], complete: true })
  await bench.configure()
  const { Uuid } = await bench.newMachine()
  bench.cloud.projects = away
  await bench.restart()
  await bench.clock.until(() => bench.told(Uuid).includes('ready'))
  bench.cloud.projects = async () => {
    throw new PowerbusError('AUTH_FAILED', 'revoked')
  }
  await t.rejects(bench.configure(), { code: 'AUTH_FAILED' })
  await bench.plugin.stop?.()
})

test('config refuses a key that no header can carry, and the plugin still stops', async (t) => {
  const { clock, machines } = new Bench()
  const plugin = packetIpmiPlugin({ clock, machines })
  const params = readParamValues(plugin.params, {
    'packet/api-url': 'http://127.0.0.1:9/metal/v1',
    'packet/api-key': 'key\n',
  })
  const { endpoint, store } = new Bench()
  const context = { log: silent, backgroundLog: silent, endpoint, signal: new AbortController().signal }
  const config = async () => plugin.config?.({ params, name: 'packet-ipmi', ...context, state: async () => store })
  await t.rejects(config(), { code: 'PARAM_INVALID', message: /packet\/api-key/ })
  await t.rejects(config(), { code: 'PARAM_INVALID' })
  await plugin.stop?.()
})
