import { test } from 'tap'
import { listQueue } from '../../src/actions/queue-list.ts'
import { retryParked } from '../../src/actions/retry-parked.ts'
import { slackMetrics } from '../../src/metrics.ts'
import type { SlackService } from '../../src/slack-service.ts'
import { actionEvent, shown, slackWorld } from '../slack-world.ts'

const method = 'chat.postMessage'

function deliverer(service: SlackService) {
  if (!service.deliverer) throw new Error('the service is not configured')
  return service.deliverer
}

const queueOf = async (service: SlackService) => (await listQueue(deliverer(service))).Channels

for (const code of [
  'channel_not_found',
  'is_archived',
  'not_in_channel',
  'restricted_action',
  'no_permission',
  'is_inactive',
  'team_not_found',
]) {
  test(`${code} parks the channel with the reason; slackretry delivers all of its events`, async (t) => {
    const world = await slackWorld(t, { channels: [{ name: 'bad' }, { name: 'good' }] })
    const { slack } = world
    const isOver = slack.fault({ method, channel: 'bad', fault: { error: code } })
    const service = await world.start()
    await world.publish(service, actionEvent('node-01'))
    await world.waitUntil('the channel is parked', async () => (await queueOf(service))[0]?.Parked === code)
    await world.publish(service, actionEvent('node-01', {}, 'powercycle'), actionEvent('node-02'))
    await world.waitUntil('the other channel', () => slack.messages('good').length === 2)
    await world.quiet()
    const bad = slack.channel('bad').id
    t.equal(slack.calls.filter((call) => call.method === method && call.args.channel === bad).length, 1)
    t.match(await queueOf(service), [{ Name: 'bad', Waiting: 3, Parked: code }])
    const figures = slackMetrics(service).map(({ name, value }) => [name, value])
    t.match(Object.fromEntries(figures), { slack_channels_parked: 1, slack_events_waiting: 3, slack_delivering: 1 })

    isOver()
    t.match(await retryParked(deliverer(service), undefined), { Channels: 1 })
    await world.waitUntil('what was kept', () => slack.messages('bad').length === 2)
    t.match(slack.messages('bad').map(shown).join('\n'), /poweron[\s\S]*powercycle/)
    await world.waitUntil('an empty queue', async () => (await queueOf(service)).length === 0)
  })
}

for (const code of ['msg_too_long', 'no_text', 'a_code_of_tomorrow']) {
  test(`${code} parks only the message, with the reason; slackretry posts it once`, async (t) => {
    const world = await slackWorld(t)
    const { slack } = world
    slack.fault({ method, times: 1, fault: { error: code } })
    const service = await world.start()
    await world.publish(service, actionEvent('node-01'))
    const parked = async () => (await queueOf(service))[0]?.Messages.find(({ State }) => State === 'parked')
    const message = await world.waitUntil('the message is parked', parked)
    t.match(message, { State: 'parked', Reason: code, Events: 1, Line: /node-01/ })
    await world.publish(service, actionEvent('node-02'))
    await world.waitUntil('the next message', () => slack.messages().length === 1)
    t.match(await retryParked(deliverer(service), message.Id), { Messages: 1 })
    await world.waitUntil('the message', () => slack.messages().length === 2)
    await t.rejects(retryParked(deliverer(service), message.Id), { code: 'OBJECT_UNKNOWN' })
    await world.quiet()
    t.equal(slack.messages().length, 2)
  })
}

for (const code of ['token_revoked', 'invalid_auth', 'enterprise_is_restricted', 'two_factor_setup_required']) {
  test(`${code} stops delivery until a config with a valid key`, async (t) => {
    const world = await slackWorld(t, { channels: [{ name: 'a' }, { name: 'b' }] })
    const { slack } = world
    const service = await world.start()
    const isOver = slack.fault({ fault: { error: code } })
    await world.publish(service, actionEvent('node-01'))
    await world.waitUntil('delivery has stopped', () => service.deliverer?.halted?.reason === code)
    await world.quiet()
    const calls = slack.calls.length
    await world.publish(service, actionEvent('node-02'))
    await world.quiet()
    t.equal(slack.calls.length, calls)
    t.match(await listQueue(deliverer(service)), { Delivering: false, Reason: code })
    await t.rejects(world.config(service), { code: 'AUTH_FAILED', status: 409 })
    isOver()
    await world.config(service)
    await world.waitUntil('all that waited', () => slack.messages().length === 4)
    const isEmpty = async () => (await listQueue(deliverer(service))).Channels.length === 0
    await world.waitUntil('the queue to be empty', isEmpty)
    t.match(await listQueue(deliverer(service)), { Delivering: true })
  })
}

test('no_permission to auth.test stops delivery', async (t) => {
  const world = await slackWorld(t)
  const service = await world.start()
  world.slack.fault({ method: 'auth.test', fault: { error: 'no_permission' } })
  await t.rejects(world.config(service), { code: 'AUTH_FAILED' })
  t.equal(service.deliverer?.halted?.reason, 'no_permission')
})

for (const code of ['enterprise_is_restricted', 'a_code_of_tomorrow']) {
  test(`${code} to a look-up parks the message with the reason; slackretry repeats the look-up`, async (t) => {
    const world = await slackWorld(t)
    const { slack } = world
    slack.fault({ method, times: 1, fault: { cut: 'after' } })
    const isOver = slack.fault({ method: 'conversations.history', fault: { error: code } })
    const service = await world.start()
    await world.publish(service, actionEvent('node-01'))
    const parked = async () => (await queueOf(service))[0]?.Messages.find(({ State }) => State === 'parked')
    const message = await world.waitUntil('the message is parked', parked)
    t.match(message, { Reason: new RegExp(`cannot see whether it was posted: ${code}`), Events: 1 })
    const lookUps = () => slack.calls.filter((call) => call.method === 'conversations.history').length
    await world.publish(service, actionEvent('node-02'))
    await world.waitUntil('the next message', () => slack.messages().length === 2)
    t.equal(lookUps(), 1)
    isOver()
    t.match(await retryParked(deliverer(service), message.Id), { Messages: 1 })
    await world.waitUntil('the look-up', () => service.deliverer?.figures.found === 1)
    t.equal(slack.messages().length, 2)
  })
}

test('a config unparks a channel that Slack lists again', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  const service = await world.start()
  slack.channel('general').isMember = false
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the channel is parked', async () => (await queueOf(service))[0]?.Parked === 'not_in_channel')
  await t.rejects(world.config(service), { code: 'PARAM_INVALID' })
  slack.channel('general').isMember = true
  await world.config(service)
  await world.waitUntil('the message', () => slack.messages().length === 1)
})
