import { test } from 'tap'
import { actionEvent, failedEvent, shown, slackWorld } from '../slack-world.ts'

const inThreads = { 'slack/thread-by': 'machine', 'slack/window-seconds': 0 }
const WELL = /All is well again/

test('a failure in a thread stands in the channel too, a success does not', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start(inThreads)
  await world.publish(
    service,
    actionEvent('node-01'),
    actionEvent('node-01'),
    failedEvent('node-01', 'AUTH_FAILED', 'no'),
  )
  await world.waitUntil('the messages', () => slack.messages().length === 3)
  const [first, ...answers] = slack.messages()
  t.match(answers, [
    { threadTs: first?.ts, isBroadcast: false },
    { threadTs: first?.ts, isBroadcast: true },
  ])
  t.equal(first?.isBroadcast, false)
})

test('a failure within the window of an answer gets an answer of its own, in the channel too', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const params = { 'slack/thread-by': 'machine', 'slack/window-seconds': 5 }
  const service = await world.start(params)
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the first message', () => slack.messages().length === 1)
  await world.pass(5100)
  await world.publish(service, actionEvent('node-01', {}, 'powercycle'))
  await world.waitUntil('the answer', () => slack.messages().length === 2)
  await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'))
  const messages = await world.waitUntil('the failure', () => slack.messages().length === 3 && slack.messages())
  t.match(messages[2], { threadTs: messages[0]?.ts, isBroadcast: true })
  t.match(messages[1]?.edits, { length: 0 })
})

for (const firstFails of [false, true]) {
  test(`the first message is edited when all is well again, also after a restart (it ${firstFails ? 'failed' : 'was well'})`, async (t) => {
    const world = await slackWorld(t)
    const { slack } = world
    const service = await world.start(inThreads)
    const failure = () => failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer')
    await world.publish(service, firstFails ? failure() : actionEvent('node-01'), failure())
    await world.waitUntil('the failure', () => slack.messages().length === 2)
    await world.pass(62_000)
    const [first] = slack.messages()
    const text = () => (first ? shown(first) : '')
    t.notMatch(text(), WELL)
    const next = await world.start(inThreads)
    await world.publish(next, actionEvent('node-01'))
    await world.waitUntil('the edit', () => WELL.test(text()))
    t.match(first?.content.text, /node-01.*\n.*All is well again/s)
    await world.publish(next, failure())
    await world.waitUntil('the next edit', () => !WELL.test(text()))
    await world.publish(next, actionEvent('node-02'), actionEvent('node-01'))
    await world.waitUntil('the last edit', () => WELL.test(text()))
    await world.quiet()
    t.equal(first?.edits.length, 3)
    t.equal(slack.messages().filter(({ threadTs }) => threadTs === first?.ts).length, 4)
  })
}

test('an edit of the first message that Slack limits or breaks is made later', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start(inThreads)
  await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'))
  await world.waitUntil('the failure', () => slack.messages().length === 1)
  slack.fault({ method: 'chat.update', times: 1, fault: { rateLimited: { retryAfterS: 2 } } })
  slack.fault({ method: 'chat.update', times: 1, fault: { status: 503 } })
  await world.publish(service, actionEvent('node-01'))
  const [first] = slack.messages()
  await world.waitUntil('the edit', () => first?.edits.length === 1)
  t.match(first && shown(first), WELL)
})

test('in its window the first message itself says that all is well again', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/thread-by': 'machine' })
  await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'))
  const [first] = await world.waitUntil('the failure', () => slack.messages().length === 1 && slack.messages())
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the edit', () => WELL.test(first ? shown(first) : ''))
  await world.quiet()
  t.equal(first?.edits.length, 1)
})

test('without threads no message says that all is well again', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/window-seconds': 0 })
  await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'), actionEvent('node-01'))
  await world.waitUntil('both', () => slack.messages().length === 2)
  await world.quiet()
  t.notMatch(slack.messages().map(shown).join(), WELL)
})
