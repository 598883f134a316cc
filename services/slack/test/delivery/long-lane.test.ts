import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedStore, prefixedStore, type Store } from '@powerbus/store'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { actionEvent, slackWorld } from '../slack-world.ts'

const EVENTS = 100
/** Longer than the disk takes: the time of a scan is known, whatever the machine does. */
const SCAN_MS = 20

/** Counts the reads of a channel's lane, and makes each take at least SCAN_MS. */
async function countedStore(t: Test, channel: string) {
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const counted = { scans: 0, store: prefixedStore(store, '') }
  Object.assign(counted.store, {
    scan: async function* (prefix: string) {
      if (prefix === `lane/{${channel}}/`) {
        counted.scans += 1
        await sleep(SCAN_MS)
      }
      yield* store.scan(prefix)
    },
  } satisfies Partial<Store>)
  return counted
}

test('events that must wait for Slack do not have their lane read until they may go', async (t) => {
  const world = await slackWorld(t, { isRealTime: true })
  const { slack } = world
  const { id } = slack.channel('general')
  const counted = await countedStore(t, id)
  const service = await world.join(counted.store, { 'slack/window-seconds': 0 })
  slack.fault({ method: 'chat.postMessage', times: 1, fault: { rateLimited: { retryAfterS: 3 } } })
  await world.publish(service, actionEvent('node-first'))
  await waitUntil('Slack to say that it is too much', () =>
    slack.calls.some(({ outcome }) => outcome === 'ratelimited'),
  )
  // The turn that got the answer ends, and a read that its own event asked for comes after the rest.
  await sleep(20 * SCAN_MS)
  const before = counted.scans
  for (let n = 0; n < EVENTS; n += 1) await world.publish(service, actionEvent(`node-${n}`))
  await sleep(10 * SCAN_MS)
  t.equal(counted.scans, before)
  await waitUntil('all events to be posted', () => slack.messages().length === EVENTS + 1, { timeoutMs: 30_000 })
  await service.stop()
})

test('a lane that waits for Slack rests ten times as long as its read took before it is read again', async (t) => {
  const world = await slackWorld(t, { isRealTime: true })
  const { slack } = world
  const counted = await countedStore(t, slack.channel('general').id)
  const service = await world.join(counted.store, { 'slack/window-seconds': 3600 })
  // As long as a message may take further events, each event may be one of them.
  await world.publish(service, actionEvent('node-first'))
  await waitUntil('the first message', () => slack.messages().length === 1)
  slack.fault({ method: 'chat.postMessage', fault: { rateLimited: { retryAfterS: 3600 } } })
  const before = counted.scans
  const beginMs = performance.now()
  // At least as long as it takes to tell the one from the other.
  for (let n = 0; n < EVENTS || performance.now() - beginMs < 1000; n += 1) {
    await world.publish(service, actionEvent(`node-${n}`))
  }
  // Timers may be a millisecond early.
  const scans = counted.scans - before
  const scansMax = 2 + (performance.now() - beginMs) / (9 * SCAN_MS)
  t.ok(scans <= scansMax, `${scans} scans, at most ${scansMax} with the rests`)
  t.ok(scans >= 2, 'it is read')
  t.equal(slack.messages().length, 1)
  await service.stop()
})
