import type { BusEvent } from '@powerbus/bus'
import { test } from 'tap'
import { ownPublisher } from '../../src/serve/own-events.ts'

const action = { Provider: 'demo', RequiredParams: [], OptionalParams: [] }
const manifest = {
  Name: 'demo',
  AvailableActions: [
    { ...action, Model: 'machines', Command: 'poweron' },
    { ...action, Model: '', Command: 'sweep' },
  ],
}

test('a service publishes events of its own actions and type, and no others', async (t) => {
  const published: string[] = []
  const publisher = ownPublisher(
    Promise.resolve({ publish: async ({ Type, Action }: BusEvent) => void published.push(`${Type}.${Action}`) }),
    manifest,
  )
  const publish = async (Type: string, Action: string) => {
    const rest = { id: '1', Time: '', Key: 'u', Principal: '', Object: null, Original: null }
    await publisher.publish({ ...rest, Type, Action })
  }
  const own = ['machines.poweron', 'system.sweep', 'requests.lost', 'demo.any']
  for (const name of own) await publish(name.split('.')[0] ?? '', name.split('.')[1] ?? '')
  t.same(published, own)
  const others = [
    'machines.delete',
    'machines.sweep',
    'plugins.update',
    'requests.found',
    'slack.audit',
    'system.poweron',
  ]
  for (const name of others) {
    const refused = publish(name.split('.')[0] ?? '', name.split('.')[1] ?? '')
    await t.rejects(refused, { code: 'REQUEST_INVALID' }, name)
  }
  t.same(published, own)
})
