import { test } from 'tap'
import { actionEvent, failedEvent, shown, slackWorld } from '../slack-world.ts'

const method = 'chat.postMessage'

for (const fault of [{ hang: 'after' }, { cut: 'after' }] as const) {
  test(`a post whose answer is lost (${JSON.stringify(fault)}) is found and not posted again`, async (t) => {
    const world = await slackWorld(t)
    const { slack } = world
    slack.fault({ method, times: 1, fault })
    const service = await world.start()
    await world.publish(service, actionEvent('node-01'))
    await world.waitUntil('the look-up', () => service.deliverer?.figures.found === 1, { timeoutMs: 20_000 })
    await world.publish(service, actionEvent('node-01', {}, 'powercycle'))
    const edited = () => slack.messages().some((message) => shown(message).includes('powercycle'))
    await world.waitUntil('what came later', edited, { timeoutMs: 20_000 })
    t.equal(slack.messages().length, 1)
    t.equal(slack.calls.filter((call) => call.method === method).length, 1)
  })
}

test('a post that Slack carries out after the timeout is found and not posted again', async (t) => {
  const world = await slackWorld(t, { settleMs: 3000 })
  const { slack } = world
  slack.fault({ method, times: 1, fault: { doneAfterLeavingMs: 2500 } })
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the look-up', () => service.deliverer?.figures.found === 1, { timeoutMs: 30_000 })
  t.equal(slack.messages().length, 1)
  t.equal(slack.calls.filter((call) => call.method === method).length, 1)
})

test('a post that Slack did not carry out, and whose answer is lost, is posted once more', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  slack.fault({ method, times: 1, fault: { hang: 'before' } })
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the message', () => slack.messages().length === 1, { timeoutMs: 20_000 })
  t.equal(service.deliverer?.figures.found, 0)
  t.ok(slack.calls.some((call) => call.method === 'conversations.history'))
})

test('after a stop between a post and its answer, the next service finds the message', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  slack.fault({ method, times: 1, fault: { hang: 'after' } })
  const service = await world.start({ 'slack/timeout-seconds': 60 })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the post', () => slack.messages().length === 1)
  const next = await world.start()
  await world.waitUntil('the look-up', () => next.deliverer?.figures.found === 1, { timeoutMs: 30_000 })
  await world.quiet()
  t.equal(slack.messages().length, 1)
})

test('a message in a thread whose answer is lost is looked for in the thread', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/thread-by': 'machine', 'slack/window-seconds': 0 })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the first message', () => slack.messages().length === 1)
  slack.fault({ method, times: 1, fault: { cut: 'after' } })
  await world.publish(service, failedEvent('node-01', 'TARGET_TIMEOUT', 'no answer'))
  await world.waitUntil('the look-up', () => service.deliverer?.figures.found === 1, { timeoutMs: 20_000 })
  await world.quiet()
  const [parent, answer, ...more] = slack.messages()
  t.equal(answer?.threadTs, parent?.ts)
  t.equal(more.length, 0)
  t.ok(slack.calls.some((call) => call.method === 'conversations.replies'))
})

test('events wait through an outage of Slack, then make one message per machine', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start({ 'slack/events': ['machines.*.*'] })
  await world.publish(service, actionEvent('node-00'))
  await world.waitUntil('the message before', () => slack.messages().length === 1)
  await slack.halt()
  for (let index = 0; index < 30; index += 1)
    await world.publish(service, actionEvent(`node-0${1 + (index % 3)}`, {}, `power${index}`))
  await world.quiet()
  await slack.resume()
  slack.fault({ method, times: 2, fault: { status: 503 } })
  await world.waitUntil('one message per machine', () => slack.messages().length === 4, { timeoutMs: 40_000 })
  const told = slack.messages().map(shown).join('\n')
  for (let index = 0; index < 30; index += 1) t.match(told, new RegExp(`power${index}\\b`))
})
