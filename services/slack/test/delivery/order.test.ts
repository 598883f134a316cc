import { test } from 'tap'
import { actionEvent, failedEvent, shown, slackWorld } from '../slack-world.ts'

const method = 'chat.postMessage'
const faults = { 429: { rateLimited: { retryAfterS: 1 } }, 503: { status: 503 }, cut: { cut: 'before' } } as const

for (const [name, fault] of Object.entries(faults)) {
  test(`${name} to the first of two messages about a machine keeps them in order`, async (t) => {
    const { slack, ...world } = await slackWorld(t)
    slack.fault({ method, times: 1, fault })
    const service = await world.start({ 'slack/window-seconds': 0 })
    await world.publish(service, actionEvent('node-01', {}, 'poweroff'))
    await world.publish(service, actionEvent('node-01', {}, 'poweron'))
    await world.waitUntil('both', () => slack.messages().length === 2, { timeoutMs: 20_000 })
    const [first, second] = slack.messages().map(shown)
    t.match(first, /poweroff/)
    t.match(second, /poweron/)
  })
}

test('429 to a message with a mention keeps later messages about the machine below it', async (t) => {
  const { slack, ...world } = await slackWorld(t)
  slack.fault({ method, times: 1, fault: { rateLimited: { retryAfterS: 1 } } })
  const service = await world.start({ 'slack/routes': [{ match: { failed: true }, mention: '@here' }] })
  await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'down'))
  await world.publish(service, actionEvent('node-01', {}, 'powercycle'))
  await world.waitUntil('both', () => slack.messages().length === 2, { timeoutMs: 20_000 })
  const [first, second] = slack.messages().map(shown)
  t.match(first, /<!here>/)
  t.match(second, /powercycle/)
})
