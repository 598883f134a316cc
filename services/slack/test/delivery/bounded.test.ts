import { test } from 'tap'
import { listQueue } from '../../src/actions/queue-list.ts'
import { retryParked } from '../../src/actions/retry-parked.ts'
import { slackMetrics } from '../../src/metrics.ts'
import { beyond } from '../../src/outbox/dropped-events.ts'
import type { Entry } from '../../src/outbox/entry.ts'
import type { SlackService } from '../../src/slack-service.ts'
import { actionEvent, shown, slackWorld } from '../slack-world.ts'

const KEPT = 40
const max = { events: KEPT, size: 1_000_000 }
const dropped = (service: SlackService) =>
  slackMetrics(service).find(({ name }) => name === 'slack_events_dropped_total')?.value

function deliverer({ deliverer: found }: SlackService) {
  if (!found) throw new Error('the service is not configured')
  return found
}

test('a parked channel keeps its newest events; what was dropped is in the log, the queue, the metric, and the channel', async (t) => {
  const world = await slackWorld(t, { waitingMax: max })
  const { slack, logged } = world
  const isOver = slack.fault({ method: 'chat.postMessage', fault: { error: 'is_archived' } })
  const service = await world.start()
  const events = Array.from({ length: KEPT + 20 }, (_, index) => actionEvent(`node-${index % 3}`, {}, `step${index}`))
  const params = { 'slack/events': ['*.*.*'] }
  await world.config(service, params)
  await world.publish(service, ...events.slice(0, 1))
  const channels = async () => (await listQueue(deliverer(service))).Channels
  await world.waitUntil('the channel is parked', async () => (await channels())[0]?.Parked === 'is_archived')
  await world.publish(service, ...events.slice(1))
  await world.waitUntil('the bound', async () => Number((await channels())[0]?.Waiting) <= KEPT)
  const [queue] = await channels()
  t.ok(Number(queue?.Dropped) >= 19)
  t.equal(dropped(service), queue?.Dropped)
  t.ok(logged.some(({ level, data }) => level === 'warn' && /is_archived.*dropped/.test(JSON.stringify(data))))

  const next = await world.start(params)
  isOver()
  await retryParked(deliverer(next), undefined)
  await world.waitUntil('the messages', () => slack.messages().length === 4)
  const texts = slack.messages().map(shown)
  t.equal(
    texts.filter((text) => new RegExp(`\\*${queue?.Dropped} events were dropped\\*.*is_archived`).test(text)).length,
    1,
  )
  t.match(texts[0], /events were dropped/)
  t.ok(texts.some((text) => text.includes(`step${KEPT + 19}`)))
  await world.waitUntil('an empty queue', async () => (await listQueue(deliverer(next))).Channels.length === 0)
  await world.quiet()
  t.equal(slack.messages().length, 4)
})

test('events for a channel that the bot is not in are bounded too, and it says so after the invitation', async (t) => {
  const world = await slackWorld(t, { channels: [{ name: 'ops' }, { name: 'out', isMember: false }], waitingMax: max })
  const { slack } = world
  const routes = [{ match: { name: 'far-*' }, channel: 'out' }]
  const params = { 'slack/events': ['*.*.*'], 'slack/channels': ['ops'], 'slack/routes': routes }
  const service = await world.start(params)
  const events = Array.from({ length: KEPT + 11 }, (_, index) => actionEvent('far-1', {}, `step${index}`))
  await world.publish(service, ...events)
  const waiting = async () => (await listQueue(deliverer(service))).Channels[0]?.Waiting
  await world.waitUntil('the bound', async () => Number(await waiting()) <= KEPT + 4)
  t.ok(Number(dropped(service)) > 0)
  slack.channel('out').isMember = true
  await world.config(service, params)
  const all = () => slack.messages('out').map(shown).join('\n')
  await world.waitUntil('the newest event', () => all().includes(`step${KEPT + 10}`))
  t.match(all(), new RegExp(`\\*${dropped(service)} events were dropped\\*`))
})

test('the oldest events go first, by count and by size; the newest one stays', async (t) => {
  const entry = (index: number, size: number) =>
    ({ id: String(index), atMs: index, place: 0, event: { line: 'x'.repeat(size) } }) as unknown as Entry
  const ids = (entries: readonly Entry[]) => entries.map(({ id }) => Number(id)).sort((one, other) => one - other)
  const small = [3, 1, 2, 0].map((index) => entry(index, 10))
  t.same(ids(beyond(small, { events: 4, size: 1e6 })), [])
  t.same(ids(beyond(small, { events: 3, size: 1e6 })), [0])
  t.same(ids(beyond(small, { events: 9, size: 170 })), [0, 1])
  t.same(ids(beyond([entry(0, 10), entry(1, 1000)], { events: 9, size: 500 })), [0])
})
