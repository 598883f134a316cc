import { test } from 'tap'
import type { CallKind } from '../../src/outbox/lane-contents.ts'
import type { SlackService } from '../../src/slack-service.ts'
import { actionEvent, failedEvent, shown, slackWorld } from '../slack-world.ts'

/** From when on a channel's next call of a kind is planned, as it is kept over restarts; milliseconds since 1970. */
async function plannedMs(service: SlackService, channel: string, kind: CallKind): Promise<number> {
  const lane = await service.deliverer?.outbox.look(channel)
  return lane?.state.notBeforeMs?.[kind] ?? 0
}

test('channels with Retry-After of 1, 30 and 300 s wait as long as Slack says, and other channels do not wait', async (t) => {
  const names = ['one', 'thirty', 'hours', 'free']
  const world = await slackWorld(t, { channels: names.map((name) => ({ name })) })
  const { slack } = world
  const method = 'chat.postMessage'
  slack.fault({ method, channel: 'one', times: 1, fault: { rateLimited: { retryAfterS: 1 } } })
  slack.fault({ method, channel: 'thirty', times: 1, fault: { rateLimited: { retryAfterS: 30 } } })
  slack.fault({ method, channel: 'hours', times: 1, fault: { rateLimited: { retryAfterS: 300 } } })
  const routes = names.map((name) => ({ match: { name: `${name}-*` }, channel: name }))
  const service = await world.start({ 'slack/routes': routes })
  const beginMs = world.dateMs()
  for (const name of names) await world.publish(service, actionEvent(`${name}-1`))
  await world.waitUntil('the free channel and the one that waits a second', () => {
    return slack.messages('free').length === 1 && slack.messages('one').length === 1
  })
  await world.publish(service, actionEvent('free-2'), actionEvent('thirty-2'), actionEvent('hours-2'))
  await world.waitUntil('the free channel again', () => slack.messages('free').length === 2)
  await world.quiet()
  t.equal(slack.messages('thirty').length, 0)
  t.equal(slack.messages('hours').length, 0)
  t.equal(slack.calls.filter(({ isTooEarly }) => isTooEarly).length, 0)
  const waits = { thirty: 30_000, hours: 300_000 }
  const assertPlanned = async (by: SlackService) => {
    for (const [name, waitMs] of Object.entries(waits)) {
      const untilMs = await plannedMs(by, slack.channel(name).id, 'post')
      t.ok(untilMs >= beginMs + waitMs && untilMs <= world.dateMs() + waitMs, `${name} waits as long as it was told`)
    }
  }
  await assertPlanned(service)

  // The waits hold over a restart.
  const restarted = await world.start({ 'slack/routes': routes })
  await world.publish(restarted, actionEvent('free-3'))
  await world.waitUntil('the free channel after a restart', () => slack.messages('free').length === 3)
  await world.quiet()
  t.equal(slack.calls.filter(({ isTooEarly }) => isTooEarly).length, 0)
  await assertPlanned(restarted)
})

for (const { kind, method } of [
  { kind: 'post', method: 'chat.postMessage' },
  { kind: 'edit', method: 'chat.update' },
  { kind: 'find', method: 'conversations.history' },
] as const) {
  test(`a Retry-After of 3 s to ${method} holds over a restart`, async (t) => {
    const world = await slackWorld(t)
    const { slack } = world
    const service = await world.start()
    if (kind === 'edit') {
      await world.publish(service, actionEvent('node-01'))
      await world.waitUntil('the message to be edited', () => slack.messages().length === 1)
    }
    if (kind === 'find') slack.fault({ method: 'chat.postMessage', times: 1, fault: { cut: 'after' } })
    slack.fault({ method, times: 1, fault: { rateLimited: { retryAfterS: 3 } } })
    const beginMs = world.dateMs()
    await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'))
    const channel = slack.channel('general').id
    const isPlanned = async () => (await plannedMs(service, channel, kind)) >= beginMs + 3000
    await world.waitUntil('what Slack said is kept', isPlanned)
    const next = await world.start()
    const isTold = () => slack.messages().some((message) => shown(message).includes('no answer'))
    await world.waitUntil('what waited', isTold, { timeoutMs: 20_000 })
    await world.waitUntil(
      'it is known to be there',
      async () => (await next.deliverer?.outbox.look(channel))?.entries.size === 0,
    )
    t.same(
      slack.calls.filter(({ isTooEarly }) => isTooEarly),
      [],
    )
    t.equal(slack.messages().length, 1)
  })
}

test('a 429 to an edit in one channel delays no edit in another', async (t) => {
  const world = await slackWorld(t, { channels: [{ name: 'a' }, { name: 'b' }] })
  const { slack } = world
  const routes = ['a', 'b'].map((name) => ({ match: { name: `${name}-*` }, channel: name }))
  const service = await world.start({ 'slack/routes': routes })
  await world.publish(service, actionEvent('a-1'), actionEvent('b-1'))
  await world.waitUntil('both messages', () => slack.messages().length === 2)
  slack.fault({ method: 'chat.update', channel: 'a', times: 1, fault: { rateLimited: { retryAfterS: 300 } } })
  await world.publish(service, actionEvent('a-1', {}, 'powercycle'))
  await world.waitUntil('the 429', () => slack.calls.some(({ outcome }) => outcome === 'ratelimited'))
  await world.publish(service, actionEvent('b-1', {}, 'powercycle'))
  await world.waitUntil('the edit in the other channel', () => slack.messages('b')[0]?.edits.length === 1)
  t.equal(slack.messages('a')[0]?.edits.length, 0)
  t.equal(slack.calls.filter(({ isTooEarly }) => isTooEarly).length, 0)
})

test('a 429 to edits delays no posts', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  slack.fault({ method: 'chat.update', fault: { rateLimited: { retryAfterS: 60 } } })
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the first message', () => slack.messages().length === 1)
  await world.publish(service, actionEvent('node-01', {}, 'powercycle'))
  await world.waitUntil('an edit', () => slack.calls.some(({ method }) => method === 'chat.update'))
  await world.publish(service, actionEvent('node-02'))
  await world.waitUntil('the second message', () => slack.messages().length === 2)
  t.equal(slack.calls.filter(({ method }) => method === 'chat.update').length, 1)
})

test('messages to a channel keep slack/pace-ms', async (t) => {
  const world = await slackWorld(t, { pacing: { perSecond: 10 }, isRealTime: true })
  const { slack } = world
  const service = await world.start({ 'slack/pace-ms': 150 })
  for (let index = 0; index < 6; index += 1) await world.publish(service, actionEvent(`node-${index}`))
  await world.waitUntil('all messages', () => slack.messages().length === 6)
  t.equal(slack.calls.filter(({ outcome }) => outcome === 'ratelimited').length, 0)
})
