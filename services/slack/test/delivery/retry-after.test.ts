import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { actionEvent, quiet, slackWorld } from '../slack-world.ts'

test('Retry-After of 1, 30 and 300 s on channels of their own: each waits as long as it is told, the others flow', async (t) => {
  const names = ['one', 'thirty', 'hours', 'free']
  const world = await slackWorld(t, { channels: names.map((name) => ({ name })) })
  const { slack } = world
  const method = 'chat.postMessage'
  slack.fault({ method, channel: 'one', times: 1, fault: { rateLimited: { retryAfterS: 1 } } })
  slack.fault({ method, channel: 'thirty', times: 1, fault: { rateLimited: { retryAfterS: 30 } } })
  slack.fault({ method, channel: 'hours', times: 1, fault: { rateLimited: { retryAfterS: 300 } } })
  const routes = names.map((name) => ({ match: { name: `${name}-*` }, channel: name }))
  const service = await world.start({ 'slack/routes': routes })
  for (const name of names) await world.publish(service, actionEvent(`${name}-1`))
  await waitUntil('the free channel and the one that waits a second', () => {
    return slack.messages('free').length === 1 && slack.messages('one').length === 1
  })
  await world.publish(service, actionEvent('free-2'), actionEvent('thirty-2'), actionEvent('hours-2'))
  await waitUntil('the free channel again', () => slack.messages('free').length === 2)
  await quiet()
  t.equal(slack.messages('thirty').length, 0)
  t.equal(slack.messages('hours').length, 0)
  t.equal(slack.calls.filter(({ isTooEarly }) => isTooEarly).length, 0)

  // A restart does not make it forget.
  const restarted = await world.start({ 'slack/routes': routes })
  await world.publish(restarted, actionEvent('free-3'))
  await waitUntil('the free channel after a restart', () => slack.messages('free').length === 3)
  await quiet()
  t.equal(slack.calls.filter(({ isTooEarly }) => isTooEarly).length, 0)
})

test('a 429 to edits does not stop posts', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  slack.fault({ method: 'chat.update', fault: { rateLimited: { retryAfterS: 60 } } })
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  await waitUntil('the first message', () => slack.messages().length === 1)
  await world.publish(service, actionEvent('node-01', {}, 'powercycle'))
  await waitUntil('an edit', () => slack.calls.some(({ method }) => method === 'chat.update'))
  await world.publish(service, actionEvent('node-02'))
  await waitUntil('the second message', () => slack.messages().length === 2)
  t.equal(slack.calls.filter(({ method }) => method === 'chat.update').length, 1)
})

test('messages to a channel keep the pace that is set', async (t) => {
  const world = await slackWorld(t, { pacing: { perSecond: 10 } })
  const { slack } = world
  const service = await world.start({ 'slack/pace-ms': 150 })
  for (let index = 0; index < 6; index += 1) await world.publish(service, actionEvent(`node-${index}`))
  await waitUntil('all messages', () => slack.messages().length === 6)
  t.equal(slack.calls.filter(({ outcome }) => outcome === 'ratelimited').length, 0)
})
