import { botScopes } from '@powerbus/testkit'
import { test } from 'tap'
import { listQueue } from '../../src/actions/queue-list.ts'
import type { SlackService } from '../../src/slack-service.ts'
import { actionEvent, slackWorld } from '../slack-world.ts'

const users = [
  { id: 'U012ADA', name: 'ada' },
  { id: 'W012BOB', name: 'bob' },
  { id: 'U012GONE', name: 'gone', isDeleted: true },
]
const queueOf = async ({ deliverer }: SlackService) => (deliverer ? (await listQueue(deliverer)).Channels : [])

test('ids of users are direct messages, opened once; the default channels have none of them', async (t) => {
  const world = await slackWorld(t, { users })
  const { slack } = world
  const routes = [{ match: { failed: false, name: 'core-*' }, channels: ['U012ADA', '@W012BOB'] }]
  const service = await world.start({ 'slack/routes': routes })
  await world.publish(service, actionEvent('core-01'), actionEvent('node-01'))
  await world.waitUntil('the messages', () => slack.messages().length === 3)
  for (const user of ['U012ADA', 'W012BOB']) t.equal(slack.messages(slack.workspace.openDirect(user).id).length, 1)
  t.equal(slack.messages('general').length, 1)
  await world.config(service, { 'slack/routes': routes })
  t.equal(slack.calls.filter(({ method }) => method === 'conversations.open').length, 2)
  const next = await world.start({ 'slack/routes': routes })
  await world.publish(next, actionEvent('core-01'))
  await world.waitUntil('the edits', () => slack.messages().filter(({ edits }) => edits.length === 1).length === 2)
  t.equal(slack.calls.filter(({ method }) => method === 'conversations.open').length, 2)
})

test('a direct message whose answer was lost is found, and posted once', async (t) => {
  const world = await slackWorld(t, { users })
  const { slack } = world
  slack.fault({ method: 'chat.postMessage', times: 1, fault: { cut: 'after' } })
  const service = await world.start({ 'slack/channels': ['U012ADA'] })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the look-up', () => service.deliverer?.figures.found === 1)
  t.equal(slack.messages().length, 1)
})

test('a user who is unknown or gone, and a missing scope, are an error with the reason; the scope added, all is posted', async (t) => {
  const scopes = botScopes.filter((scope) => scope !== 'im:write')
  const world = await slackWorld(t, { users, scopes, channels: [{ name: 'ops' }] })
  const { slack, logged } = world
  await t.rejects(world.start({ 'slack/channels': ['U012ADA'] }), { code: 'PARAM_INVALID', message: /im:write/ })
  const service = await world.start({ 'slack/channels': ['ops', 'U012GONE', 'U012NONE'] })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the message', () => slack.messages('ops').length === 1)
  t.match(await queueOf(service), [{ Name: 'U012GONE', Parked: /im:write/ }, { Name: 'U012NONE' }])
  slack.grant('im:write')
  await world.config(service, { 'slack/channels': ['ops', 'U012GONE', 'U012NONE'] })
  const reasons = (await queueOf(service)).map(({ Parked }) => Parked)
  t.match(reasons, [/user_disabled/, /user_not_found/])
  t.ok(logged.some(({ level, data }) => level === 'error' && /im:write/.test(JSON.stringify(data))))
})

test('a public channel by id needs no membership with chat:write.public; by name, and without the scope, it is an error', async (t) => {
  const channels = [
    { name: 'ops' },
    { name: 'open', isMember: false },
    { name: 'inner', isMember: false, isPrivate: true },
  ]
  const world = await slackWorld(t, { channels, scopes: [...botScopes, 'chat:write.public'] })
  const { slack } = world
  const ids = ['open', 'inner'].map((name) => slack.channel(name).id)
  slack.fault({ method: 'chat.postMessage', channel: 'open', times: 1, fault: { error: 'internal_error' } })
  const service = await world.start({ 'slack/channels': ['ops', '#open', ...ids] })
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the message', () => slack.messages('ops').length === 1)
  const parked = async () => (await queueOf(service)).find(({ Name }) => Name === ids[0] || Name === 'open')
  // Slack lets nobody read the history of a channel without being a member.
  await world.waitUntil('the reason', async () =>
    /cannot see.*not_in_channel/.test((await parked())?.Messages[0]?.Reason ?? ''),
  )
  await world.publish(service, actionEvent('node-02'))
  await world.waitUntil('the next message', () => slack.messages('open').length === 1)
  const absent = (await queueOf(service)).filter(({ Channel }) => Channel === 'unresolved')
  t.match(absent, [
    { Name: '#open', Parked: /\/invite/ },
    { Name: ids[1], Parked: /\/invite/ },
  ])
})

test('a public channel by id without chat:write.public is refused with the name of the scope', async (t) => {
  const world = await slackWorld(t, { channels: [{ name: 'ops' }, { name: 'open', isMember: false }] })
  const id = world.slack.channel('open').id
  await t.rejects(world.start({ 'slack/channels': [id] }), { code: 'PARAM_INVALID', message: /chat:write\.public/ })
  await t.rejects(world.start({ 'slack/channels': ['C0NOSUCH'] }), { code: 'PARAM_INVALID', message: /invite/ })
})

test("a route's channel comes from a param of the machine, with a fallback, also to people and to channels of later", async (t) => {
  const channels = ['ops', 'team-a', 'team-b'].map((name) => ({ name, isMember: name !== 'team-b' }))
  const world = await slackWorld(t, { users, channels })
  const { slack, logged } = world
  const own = (name: string, channel?: string, Profiles: string[] = []) => {
    const Machine = {
      Name: name,
      Uuid: `u-${name}`,
      Params: channel === undefined ? {} : { 'slack/channel': channel },
      Profiles,
    }
    return actionEvent(name, { Machine })
  }
  const params = { 'slack/channels': ['ops'], 'slack/routes': [{ channel: '{{ params["slack/channel"] }}' }] }
  const service = await world.start(params)
  await world.publish(service, own('a', 'team-a'), own('b', 'U012ADA'), own('c', 'team-b'), own('d'), own('e', ''))
  await world.waitUntil('ops', () => slack.messages('ops').length === 2)
  await world.waitUntil('team-a', () => slack.messages('team-a').length === 1)
  await world.waitUntil('ada', () => slack.messages(slack.workspace.openDirect('U012ADA').id).length === 1)
  t.match(await queueOf(service), [{ Name: 'team-b', Waiting: 1, Parked: /\/invite/ }])
  t.ok(logged.some(({ level, data }) => level === 'error' && JSON.stringify(data).includes('team-b')))
  slack.channel('team-b').isMember = true
  await world.waitUntil('team-b', () => slack.messages('team-b').length === 1)

  for (const [channel, name] of [
    ['{{ .Param "slack/channel" }}', 'team-a'],
    ['{{ params["no/such"] | default: "team-b" }}', 'team-b'],
    ['{% if profiles contains "lab" %}team-b{% endif %}', 'team-b'],
  ] as const) {
    const before = slack.messages(name).length
    const route = { ...params, 'slack/routes': [{ channel }], 'slack/window-seconds': 0 }
    await world.config(service, route)
    await world.publish(service, own(`m${before}`, 'team-a', ['lab']))
    await world.waitUntil(channel, () => slack.messages(name).length === before + 1)
  }
  for (const channel of ['{{ a | }', '{{ params["a"] | no_filter }}', '{% if %}']) {
    const refused = world.config(service, { 'slack/routes': [{ channel }] })
    await t.rejects(refused, { code: 'PARAM_INVALID', message: 'slack/routes[0].channel' })
  }
})
