import { test } from 'tap'
import { LanePace } from '../../src/delivery/lane-pace.ts'
import { WorkspacePace } from '../../src/delivery/workspace-pace.ts'
import { actionEvent, slackWorld } from '../slack-world.ts'

const PACE_MS = 200

/** Milliseconds from a call to the next one. */
function gapMs(pace: LanePace, setMs: number): number {
  pace.called(setMs)
  return pace.openMs('post')
}

test('each 429 stretches the pace by half, up to four times; accepted calls shrink it back to slack/pace-ms', async (t) => {
  const pace = new LanePace(new WorkspacePace(), { dateMs: () => 0 })
  t.equal(gapMs(pace, 1000), 1000)
  pace.limited()
  t.equal(gapMs(pace, 1000), 1500)
  t.equal(gapMs(pace, 0), 75, 'without a pace it is stretched from 50 ms')
  for (let times = 0; times < 5; times += 1) pace.limited()
  t.equal(gapMs(pace, 1000), 4000)
  pace.accepted()
  t.equal(gapMs(pace, 1000), 3600)
  for (let times = 0; times < 20; times += 1) pace.accepted()
  t.equal(gapMs(pace, 1000), 1000)
  t.equal(gapMs(pace, 0), 0)
})

test('a message is edited no earlier than three paces after its post and after its last edit', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/pace-ms': PACE_MS })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the message', () => slack.messages().length === 1)
  for (const edits of [1, 2]) {
    await world.publish(service, actionEvent('node-01', {}, `powercycle`))
    await world.waitUntil(`edit ${edits}`, () => slack.messages()[0]?.edits.length === edits)
  }
  const timesMs = slack.calls.filter(({ method }) => /postMessage|update/.test(method)).map(({ atMs }) => atMs)
  const gapsMs = timesMs.slice(1).map((atMs, index) => atMs - (timesMs[index] ?? 0))
  // Timers may be a millisecond early.
  t.ok(gapsMs.length === 2 && gapsMs.every((ms) => ms >= 3 * PACE_MS - 5), `${gapsMs} ms`)
})

test('messages slow down after a 429', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  slack.fault({ method: 'chat.postMessage', times: 3, fault: { rateLimited: { retryAfterS: 0 } } })
  const service = await world.start({ 'slack/pace-ms': PACE_MS, 'slack/window-seconds': 0 })
  const beginMs = world.dateMs()
  for (const name of ['node-01', 'node-02', 'node-03']) await world.publish(service, actionEvent(name))
  await world.waitUntil('all messages', () => slack.messages().length === 3)
  const lastMs = slack.calls.findLast(({ method }) => method === 'chat.postMessage')?.atMs ?? 0
  // Gaps between the six calls, in paces.
  const paces = 1 + 1.5 + 1.5 ** 2 + 1.5 ** 3 + 1.5 ** 3 * 0.9
  t.ok(lastMs - beginMs >= paces * PACE_MS - 10, `${lastMs - beginMs} ms`)
})
