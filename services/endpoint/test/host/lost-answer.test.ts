import { type Bus, BusError, type BusErrorCode } from '@powerbus/bus'
import { waitUntil } from '@powerbus/testkit'
import pino from 'pino'
import { test } from 'tap'
import { BusPlugin } from '../../src/host/bus-plugin.ts'
import { PluginLog } from '../../src/host/plugin-log.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const Params = { 'power/request-id': 'r' }
const light = { Model: {}, Plugin: 'lamps', Command: 'light', CommandSet: 'machines', Params }

/** A plugin on a bus that gives these ends to its actions, one after the other; a text is an answer. */
async function startPlugin(ends: (BusErrorCode | { readonly answer: unknown })[]) {
  const request = async ([kind]: readonly string[]) => {
    if (kind === 'config') return null
    const end = ends.shift() ?? 'CLOSED'
    if (typeof end === 'string') throw new BusError(end, end)
    return end.answer
  }
  const plugin = new BusPlugin({
    name: 'lamps',
    provider: 'lamps',
    bus: { request } as unknown as Bus,
    params: () => ({}),
    log: new PluginLog(pino({ level: 'silent' }), 'lamps'),
    replicas: () => 1,
    sharesTurns: () => true,
    onState: () => undefined,
  })
  await plugin.start()
  return () => plugin.call('action', light, { requestId: 'r', signal: new AbortController().signal })
}

test('a request that no replica took was not begun: the caller may try again', async (t) => {
  for (const end of ['NO_RESPONDERS', 'OVERLOADED'] as const) {
    const call = await startPlugin([end])
    await t.rejects(call(), { code: 'PLUGIN_UNAVAILABLE' }, end)
  }
})

test('after a lost answer the action may be running: the request is sent until a replica answers', async (t) => {
  for (const end of ['NO_RESPONDERS', 'OVERLOADED', 'UNAVAILABLE'] as const) {
    const call = await startPlugin(['TIMEOUT', end, { answer: { by: 'the second replica' } }])
    t.same(JSON.parse(await call()), { by: 'the second replica' }, end)
  }
})

test('after a lost answer an end of the bus leaves the outcome unknown', async (t) => {
  const call = await startPlugin(['TIMEOUT', 'CLOSED'])
  await t.rejects(call(), { code: 'OUTCOME_UNKNOWN' })
})

test('a plugin that dies at work leaves a change open, and a read never', async (t) => {
  const action = (Command: string) => ({ Provider: 'demo', Model: '', Command, RequiredParams: [], OptionalParams: [] })
  const actions = ['poweron', 'powerstatus', 'getBoot', 'statusVirtualMedia'].map(action)
  const prepare = (folder: string) => writeFixturePlugin(folder, { actions, action: 'process.exit(1)' })
  const { call } = await startTestEndpoint(t, prepare, { restart: { firstMs: 1, mostMs: 1 } })
  for (const { Command } of actions) {
    await waitUntil('the plugin', async () => (await call('GET', 'plugins/demo')).body.Available === true)
    const { status, body } = await call('POST', `system/actions/${Command}`)
    if (Command === 'poweron') t.match([status, body.Type], [504, 'OUTCOME_UNKNOWN'])
    else t.match([status, body], [503, { Type: 'PLUGIN_UNAVAILABLE', Messages: [/which changes nothing: try again/] }])
  }
})
