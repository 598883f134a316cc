import { openStore, prefixedStore } from '@powerbus/store'
import { startRedis } from '@powerbus/testkit'
import { test } from 'tap'
import { listQueue } from '../../src/actions/queue-list.ts'
import { actionEvent, shown, slackWorld } from '../slack-world.ts'

test('three replicas on one Redis, one of which stops, post each event once, in order, in one message per machine', async (t) => {
  const redis = await startRedis(t)
  const stores = await Promise.all([1, 2, 3].map(() => openStore({ url: redis.url, folder: '' })))
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  const world = await slackWorld(t, { channels: [{ name: 'a' }, { name: 'b' }], isRealTime: true })
  const { slack } = world
  const params = { 'slack/events': ['machines.*.*'] }
  const services = await Promise.all(stores.map((store) => world.join(prefixedStore(store, 'slack/'), params)))
  const [first, ...others] = services
  if (!first) throw new Error('there is no replica')

  const machines = ['node-0', 'node-1', 'node-2', 'node-3']
  for (let round = 0; round < 15; round += 1) {
    for (const name of machines) {
      const event = actionEvent(name, {}, `step${round}`)
      // The bus gives an event to one replica, and sometimes once more to another.
      const [one = first, another = first] = [services[round % 3], services[(round + 1) % 3]]
      await world.publish(one, event)
      if (round % 4 === 0) await world.publish(another, event)
    }
    if (round === 7) await first.stop()
    if (round >= 7) services[0] = others[0] ?? first
  }
  const steps = () =>
    slack.messages().map((message) => {
      const text = JSON.stringify(message.content.blocks)
      return [...text.matchAll(/\*step(\d+)\*/g)].map(([, step]) => Number(step))
    })
  const all = Array.from({ length: 15 }, (_, index) => index)
  await world.waitUntil('all events', () => steps().length === 8 && steps().every(({ length }) => length >= 15), {
    timeoutMs: 60_000,
  })
  await world.quiet()
  t.same(
    steps(),
    Array.from({ length: 8 }, () => all),
  )
  t.equal(slack.messages('a').length, 4)
  const told = slack.messages().map(shown).join('\n')
  for (const name of machines) t.match(told, name)
  const deliverer = others[0]?.deliverer
  if (deliverer) await world.waitUntil('an empty queue', async () => (await listQueue(deliverer)).Channels.length === 0)
})
