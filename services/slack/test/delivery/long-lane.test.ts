import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedStore, prefixedStore, type Store } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { actionEvent, slackWorld } from '../slack-world.ts'

const EVENTS = 100
/** Longer than the disk takes: the time of a scan is known, whatever the machine does. */
const SCAN_MS = 20

test('a lane that waits for Slack rests ten times as long as its read took before it is read again', async (t) => {
  const world = await slackWorld(t, { isRealTime: true })
  const { slack } = world
  slack.fault({ method: 'chat.postMessage', fault: { rateLimited: { retryAfterS: 3600 } } })
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const lane = `lane/{${slack.channel('general').id}}/`
  let scans = 0
  const slow: Store = Object.assign(prefixedStore(store, ''), {
    scan: async function* (prefix: string) {
      if (prefix === lane) {
        scans += 1
        await sleep(SCAN_MS)
      }
      yield* store.scan(prefix)
    },
  })
  const service = await world.join(slow, { 'slack/window-seconds': 0 })
  const beginMs = performance.now()
  // At least as long as it takes to tell the one from the other.
  for (let n = 0; n < EVENTS || performance.now() - beginMs < 1000; n += 1) {
    await world.publish(service, actionEvent(`node-${n}`))
  }
  // Timers may be a millisecond early.
  const scansMax = 2 + (performance.now() - beginMs) / (9 * SCAN_MS)
  t.ok(scans <= scansMax, `${scans} scans, at most ${scansMax} with the rests`)
  t.ok(scans >= 2, 'it is read')
  t.equal(slack.messages().length, 0)
  await service.stop()
})
