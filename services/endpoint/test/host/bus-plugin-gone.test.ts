import { connectBus } from '@powerbus/bus'
import { waitUntil, within } from '@powerbus/testkit'
import pino from 'pino'
import { test } from 'tap'
import { BusPlugin } from '../../src/host/bus-plugin.ts'
import { PluginLog } from '../../src/host/plugin-log.ts'
import { servePlugin } from '../fixtures/served-plugin.ts'

const light = { Model: {}, Plugin: 'lamps', Command: 'light', CommandSet: 'machines', Params: {} }

test('an action whose replica is gone without an answer ends with OUTCOME_UNKNOWN', async (t) => {
  const bus = await connectBus({ name: 'test' })
  t.teardown(() => bus.close())
  const answers: ((by: string) => void)[] = []
  const act = () => new Promise((resolve) => answers.push((by) => resolve({ by })))
  const replica = await servePlugin(t, bus, { instance: 'one', act })
  const plugin = new BusPlugin({
    name: 'lamps',
    provider: 'lamps',
    bus,
    params: () => ({}),
    log: new PluginLog(pino({ level: 'silent' }), 'lamps'),
    replicas: () => 1,
    sharesTurns: () => false,
    onState: () => undefined,
    lastAnswersMs: 1000,
  })
  await plugin.start()
  const { signal } = new AbortController()
  const call = () => plugin.call('action', light, { requestId: 'r', signal })
  const [finished, lost] = [call(), call()]
  await waitUntil('both to be there', () => replica.actions.length === 2)
  // As one that ends: not seen any more, it answers what it can.
  plugin.gone()
  answers[0]?.('the one that ended')
  t.same(JSON.parse(await finished), { by: 'the one that ended' })
  await t.rejects(within('the end of it', lost), { code: 'OUTCOME_UNKNOWN' })
  await plugin.configure()
  const later = call()
  await waitUntil('the next one', () => replica.actions.length === 3)
  answers[2]?.('one that came later')
  t.same(JSON.parse(await later), { by: 'one that came later' })
  await plugin.stop()
  answers[1]?.('too late')
})
