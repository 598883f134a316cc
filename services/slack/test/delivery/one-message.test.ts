import { test } from 'tap'
import { actionEvent, failedEvent, shown, slackWorld } from '../slack-world.ts'

test('22 events in 3 s about one machine make one message with all of them', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/window-seconds': 60, 'slack/events': ['machines.*.*'] })
  for (let index = 0; index < 22; index += 1) {
    await world.publish(service, actionEvent('node-01', {}, `step${index}`))
    await world.pass(130)
  }
  const hasAll = () =>
    slack.messages().some((message) => shown(message).includes('22 events') && shown(message).includes('step21'))
  await world.waitUntil('the last edit', hasAll)
  await world.quiet()
  const [message, ...others] = slack.messages()
  t.equal(others.length, 0)
  const steps = [...shown(message ?? { content: { text: '', blocks: [] } }).matchAll(/\*step(\d+)\*/g)].map(
    ([, step]) => Number(step),
  )
  t.same(
    steps.slice(-22),
    Array.from({ length: 22 }, (_, index) => index),
  )
})

test('a repeated event is dropped, also after a restart', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const event = actionEvent('node-01')
  const { Id: _, ...nameless } = actionEvent('node-02')
  const service = await world.start({ 'slack/window-seconds': 0 })
  await world.publish(service, event, event, nameless, nameless)
  await Promise.all([1, 2, 3].map(() => world.publish(service, event)))
  await world.waitUntil('both messages', () => slack.messages().length === 2)
  const next = await world.start({ 'slack/window-seconds': 0 })
  await world.publish(next, event, nameless, actionEvent('node-03'))
  await world.waitUntil('the third message', () => slack.messages().length === 3)
  await world.quiet()
  t.equal(slack.messages().length, 3)
})

test('a message of the process before a restart is edited', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the message', () => slack.messages().length === 1)
  const next = await world.start()
  await world.publish(next, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'))
  await world.waitUntil('the edit', () =>
    shown(slack.messages()[0] ?? { content: { text: '', blocks: [] } }).includes('1 failed'),
  )
  t.equal(slack.messages().length, 1)
})

test('the first event after the window makes a new message', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/window-seconds': 1 })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the first message', () => slack.messages().length === 1)
  await world.pass(1100)
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the second message', () => slack.messages().length === 2)
})

test('after a user deletes a message, the next event makes a new one', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  const [message] = await world.waitUntil('the message', () => slack.messages().length === 1 && slack.messages())
  if (message) message.isDeleted = true
  await world.publish(service, actionEvent('node-01', {}, 'powercycle'))
  const [next] = await world.waitUntil('the new message', () => slack.messages().length === 1 && slack.messages())
  t.match(next && shown(next), /powercycle/)
  t.notMatch(next && shown(next), /poweron/)
})

test('later messages about a machine go into the thread of its first one, also after a restart', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const params = { 'slack/thread-by': 'machine', 'slack/window-seconds': 0 }
  const service = await world.start(params)
  await world.publish(service, actionEvent('node-01'), actionEvent('node-02'), actionEvent('node-01'))
  await world.waitUntil('three messages', () => slack.messages().length === 3)
  const next = await world.start(params)
  await world.publish(next, actionEvent('node-01'))
  const messages = await world.waitUntil('four messages', () => slack.messages().length === 4 && slack.messages())
  const [first, second, third, fourth] = messages
  t.equal(first?.threadTs, undefined)
  t.equal(second?.threadTs, undefined)
  t.equal(third?.threadTs, first?.ts)
  t.equal(fourth?.threadTs, first?.ts)
})

const threadRefusals = [
  'restricted_action_thread_locked',
  'restricted_action_non_threadable_channel',
  'cannot_reply_to_message',
]

for (const error of threadRefusals) {
  test(`${error}: the message is posted outside the thread, and the channel continues`, async (t) => {
    const world = await slackWorld(t)
    const { slack } = world
    const service = await world.start({ 'slack/thread-by': 'machine', 'slack/window-seconds': 0 })
    await world.publish(service, actionEvent('node-01'))
    await world.waitUntil('the first message', () => slack.messages().length === 1)
    slack.fault({ method: 'chat.postMessage', times: 1, fault: { error } })
    await world.publish(service, actionEvent('node-01', {}, 'powercycle'), actionEvent('node-02'))
    await world.waitUntil('the others', () => slack.messages().length === 3, { timeoutMs: 20_000 })
    const cycled = slack.messages().find((message) => shown(message).includes('powercycle'))
    t.equal(cycled?.threadTs, undefined)
  })
}

test('a message outside of threads with a thread refusal is parked after one try', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  slack.fault({ method: 'chat.postMessage', fault: { error: 'restricted_action_thread_locked' } })
  const service = await world.start({ 'slack/thread-by': 'machine' })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('it is parked', () => service.deliverer?.figures.parked === 1)
  await world.quiet()
  t.equal(slack.calls.filter(({ method }) => method === 'chat.postMessage').length, 1)
})

test('a digest is one message about all machines of its window; critical events are posted at once', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const routes = [{ match: { name: 'core-*' }, severity: 'critical' }]
  const service = await world.start({ 'slack/digest-seconds': 2, 'slack/routes': routes })
  for (let index = 0; index < 9; index += 1) await world.publish(service, actionEvent(`node-0${index % 3}`))
  await world.publish(service, actionEvent('core-01'))
  await world.waitUntil('the critical one', () => slack.messages().length === 1)
  t.match(slack.messages().map(shown).join(), /core-01/)
  await world.waitUntil('the digest', () => slack.messages().length === 2, { timeoutMs: 10_000 })
  const [, digest] = slack.messages()
  t.match(digest && shown(digest), /9 events, 3 subjects/)
  await world.quiet()
  t.equal(slack.messages().length, 2)
})

test('an event with a mention gets a message of its own, because an edit notifies nobody', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/routes': [{ match: { failed: true }, mention: '@here U012AB3CD' }] })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the first message', () => slack.messages().length === 1)
  await world.publish(service, failedEvent('node-01', 'AUTH_FAILED', 'wrong <!channel> password'))
  await world.waitUntil('the second message', () => slack.messages().length === 2)
  const [, called] = slack.messages()
  t.match(called && shown(called), /<!here> <@U012AB3CD>/)
  t.match(called && shown(called), /wrong &lt;!channel&gt; password/)
  t.notMatch(called && shown(called), '<!channel>')
})

test('a mention notifies once per machine and window, and again at the first failure', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/routes': [{ match: { name: '*' }, mention: '@here' }] })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the first message', () => slack.messages().length === 1)
  await world.publish(service, failedEvent('node-01', 'AUTH_FAILED', 'wrong password'))
  await world.waitUntil('the failure', () => slack.messages().length === 2)
  await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'), actionEvent('node-01'))
  const isEdited = () => /3 events/.test(shown(slack.messages()[1] ?? { content: { text: '', blocks: [] } }))
  await world.waitUntil('the edit', isEdited)
  t.equal(slack.messages().length, 2)
})
