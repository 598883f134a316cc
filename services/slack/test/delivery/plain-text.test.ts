import { test } from 'tap'
import { slackMetrics } from '../../src/metrics.ts'
import { actionEvent, failedEvent, slackWorld } from '../slack-world.ts'

const posts = (world: Awaited<ReturnType<typeof slackWorld>>) =>
  world.slack.calls.filter(({ method }) => method === 'chat.postMessage')

for (const error of ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'invalid_attachments']) {
  test(`${error}: the message is sent as text, once, the log says so, and its edits are text too`, async (t) => {
    const world = await slackWorld(t)
    const { slack, logged } = world
    slack.fault({ method: 'chat.postMessage', times: 1, fault: { error } })
    const service = await world.start()
    await world.publish(service, actionEvent('node-01'))
    const [message] = await world.waitUntil('the message', () => slack.messages().length === 1 && slack.messages())
    t.match(message?.content, { text: /node-01/, blocks: { length: 0 } })
    t.equal(posts(world).length, 2)
    const warnings = logged.filter(({ level, data }) => level === 'warn' && JSON.stringify(data).includes(error))
    t.equal(warnings.length, 1)
    await world.publish(service, failedEvent('node-01', 'AUTH_FAILED', 'no'))
    await world.waitUntil('the edit', () => message?.edits.length === 1)
    t.match(message?.content, { text: /2 events/, blocks: { length: 0 } })
    const plain = slackMetrics(service).find(({ name }) => name === 'slack_messages_plain_total')
    t.equal(plain?.value, 1)
  })
}

test('blocks that are refused in an edit: the edit is text, and the message stays one', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  const [message] = await world.waitUntil('the message', () => slack.messages().length === 1 && slack.messages())
  slack.fault({ method: 'chat.update', times: 1, fault: { error: 'invalid_blocks' } })
  await world.publish(service, actionEvent('node-01', {}, 'powercycle'))
  await world.waitUntil('the edit', () => message?.edits.length === 1)
  t.match(message?.content, { text: /powercycle/, blocks: { length: 0 } })
  await world.quiet()
  t.equal(slack.messages().length, 1)
})

test('a message that Slack refuses as text too is parked after two posts', async (t) => {
  const world = await slackWorld(t)
  world.slack.fault({ method: 'chat.postMessage', fault: { error: 'invalid_blocks' } })
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('it is parked', () => service.deliverer?.figures.parked === 1)
  await world.quiet()
  t.equal(posts(world).length, 2)
})
