import { EmbeddedStore, type Store } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { actionEvent, slackWorld } from '../slack-world.ts'

const EVENTS = 600

test('a lane that waits for Slack is not read again for each event that comes', async (t) => {
  const world = await slackWorld(t)
  world.slack.fault({ method: 'chat.postMessage', fault: { rateLimited: { retryAfterS: 3600 } } })
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  let read = 0
  const counting: Store = Object.create(store, {
    scan: {
      value: async function* (prefix: string) {
        for await (const entry of store.scan(prefix)) {
          read += 1
          yield entry
        }
      },
    },
  })
  for (const name of ['get', 'set', 'delete', 'compareAndSet', 'lock', 'takeSlot', 'close'] as const) {
    Object.defineProperty(counting, name, { value: store[name].bind(store) })
  }
  const service = await world.join(counting, { 'slack/window-seconds': 0 })
  for (let n = 0; n < EVENTS; n += 1) await world.publish(service, actionEvent(`node-${n}`))
  // Once for each event would be EVENTS / 2 for each.
  t.ok(read < 60 * EVENTS, `${read} entries were read for ${EVENTS} events`)
  t.equal(world.slack.messages().length, 0)
  await service.stop()
  await store.close()
})
