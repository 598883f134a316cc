import { type Bus, BusError, type BusErrorCode } from '@powerbus/bus'
import pino from 'pino'
import { test } from 'tap'
import { BusPlugin } from '../../src/host/bus-plugin.ts'
import { PluginLog } from '../../src/host/plugin-log.ts'

const Params = { 'power/request-id': 'r' }
const light = { Model: {}, Plugin: 'lamps', Command: 'light', CommandSet: 'actions', Params }

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
