import { test } from 'tap'
import { WorkspacePace } from '../../src/delivery/workspace-pace.ts'
import { actionEvent, slackWorld } from '../slack-world.ts'

test('a pace of a second allows 300 messages and 50 edits a minute, some of them at once', async (t) => {
  const row = new WorkspacePace()
  const beginMs = 1_000_000
  const times = (kind: 'post' | 'edit' | 'find', count: number, paceMs = 1000) =>
    Array.from({ length: count }, () => row.book(kind, paceMs, beginMs) - beginMs)
  const posts = times('post', 320)
  t.equal(posts.filter((ms) => ms <= 0).length, 20)
  t.equal(posts.at(-1), 60_000)
  for (const kind of ['edit', 'find'] as const) {
    const calls = times(kind, 60)
    t.equal(calls.filter((ms) => ms <= 0).length, 10)
    t.equal(calls.at(-1), 60_000)
  }
  t.equal(row.book('post', 1000, beginMs + 120_000) - beginMs, 120_000 - 19 * 200, 'a row that was left is short again')
  t.ok(new WorkspacePace().book('post', 0, beginMs) <= beginMs, 'without a pace nothing waits')
})

test('60 channels together keep the rate limit of the workspace, and print no warning', async (t) => {
  const warnings: string[] = []
  const onWarning = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const channels = Array.from({ length: 60 }, (_, index) => ({ name: `c${index}` }))
  const pacing = { perSecond: 1000, burst: 1000, workspacePerMinute: 1440, workspaceBurst: 35 }
  const { slack, ...world } = await slackWorld(t, { channels, pacing, isRealTime: true })
  const service = await world.start({ 'slack/pace-ms': 250 })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('a message in each channel', () => slack.messages().length === channels.length, {
    timeoutMs: 60_000,
  })
  t.equal(slack.calls.filter(({ outcome }) => outcome === 'ratelimited').length, 0)
  t.same(warnings, [])
})
