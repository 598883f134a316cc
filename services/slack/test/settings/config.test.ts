import { PowerbusError } from '@powerbus/plugin-sdk'
import { checkPlugin } from '@powerbus/plugin-sdk/plugin-conformance'
import { EmbeddedStore, prefixedStore, type Store, StoreError } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { listQueue } from '../../src/actions/queue-list.ts'
import type { ChatOpsContext } from '../../src/chatops/chat-ops.ts'
import { slackMetrics } from '../../src/metrics.ts'
import { slackPlugin } from '../../src/plugin.ts'
import { actionEvent, slackWorld } from '../slack-world.ts'

test('checkPlugin finds no fault in the plugin', async (t) => {
  t.same(checkPlugin(slackPlugin()), [])
})

test('a wrong value inside a param is refused by its place', async (t) => {
  const world = await slackWorld(t)
  const service = await world.start()
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ 'slack/events': ['machines'] }, /slack\/events\[0\]/],
    [{ 'slack/routes': [{}, { match: { event: 'a.b' } }] }, /slack\/routes\[1\]\.match\.event/],
    [{ 'slack/routes': [{ match: { nmae: 'x' } }] }, /slack\/routes\[0\]\.match\.nmae/],
    [{ 'slack/routes': [{ template: 'nope' }] }, /slack\/routes\[0\]\.template/],
    [{ 'slack/routes': [{ mention: '@bob' }] }, /slack\/routes\[0\]\.mention/],
    [{ 'slack/routes': [{ severity: 'bad' }] }, /slack\/routes\[0\]\.severity/],
    [{ 'slack/routes': [{ 'quiet-hours': { from: '22:00', to: '25:00' } }] }, /slack\/routes\[0\]\.quiet-hours\.to/],
    [
      { 'slack/routes': [{ 'quiet-hours': { from: '22:00', to: '07:00', timezone: 'Mars' } }] },
      /quiet-hours\.timezone/,
    ],
    [{ 'slack/routes': [{ 'mute-until': 'soon' }] }, /slack\/routes\[0\]\.mute-until/],
    [{ 'slack/templates': { a: '{{ x | nope }}' } }, /slack\/templates\.a/],
    [{ 'slack/templates': { a: { body: 'x' } } }, /slack\/templates\.a/],
    [{ 'slack/templates': { a: 4 } }, /slack\/templates\.a/],
    [{ 'slack/window-seconds': -1 }, /slack\/window-seconds/],
    [{ 'slack/thread-by': 'day' }, /slack\/thread-by/],
    [{ 'slack/channels': 'ops' }, /slack\/channels/],
  ]
  for (const [params, message] of wrong) {
    await t.rejects(world.config(service, params as Record<string, unknown>), {
      code: 'PARAM_INVALID',
      status: 400,
      message,
    })
  }
})

test('a bad key, a missing scope and a missing channel are refused by name', async (t) => {
  const world = await slackWorld(t, { channels: [{ name: 'in' }, { name: 'out', isMember: false }] })
  const service = await world.start()
  await t.rejects(world.config(service, { 'slack/bot-key': 'xoxb-wrong' }), { code: 'AUTH_FAILED', status: 409 })
  await t.rejects(world.config(service, { 'slack/channels': ['#out', 'gone'] }), {
    code: 'PARAM_INVALID',
    message: /slack\/channels\[0\]/,
  })
  await t.rejects(world.config(service, { 'slack/channels': [], 'slack/routes': [{ channel: 'gone' }] }), {
    message: /slack\/routes\[0\]\.channel/,
  })
  await world.publish(service, actionEvent('node-01'))
  for (const lacks of ['chat:write', 'groups:read', 'channels:history']) {
    const scopes = ['chat:write', 'channels:read', 'groups:read', 'channels:history', 'groups:history'].filter(
      (one) => one !== lacks,
    )
    const poor = await slackWorld(t, { scopes })
    await t.rejects(poor.start(), { code: 'PARAM_INVALID', status: 400, message: new RegExp(lacks) })
  }
  const none = await slackWorld(t, { channels: [{ name: 'out', isMember: false }] })
  await t.rejects(none.start(), { code: 'PARAM_INVALID', message: /slack\/channels/ })
})

test('a config holds if the bot is in some channels; the others are logged, and get their messages after an invitation', async (t) => {
  const world = await slackWorld(t, { channels: [{ name: 'in' }, { name: 'out', isMember: false }] })
  const { slack, logged } = world
  const params = { 'slack/channels': ['in', '#out'], 'slack/routes': [{ match: { failed: true }, channel: 'gone' }] }
  const service = await world.start(params)
  const errors = () => logged.filter(({ level }) => level === 'error').map(({ data }) => data)
  t.match(errors(), [
    { channel: '#out', param: 'slack/channels[1]' },
    { channel: 'gone', param: 'slack/routes[0].channel' },
  ])
  await world.publish(service, actionEvent('node-01'), actionEvent('node-02'))
  await world.waitUntil('the messages', () => slack.messages('in').length === 2)
  const queue = async () => (service.deliverer ? (await listQueue(service.deliverer)).Channels : [])
  const unknown = (await queue()).filter(({ Channel }) => Channel === 'unresolved')
  t.match(unknown, [
    { Channel: 'unresolved', Name: '#out', Waiting: 2, Parked: /\/invite/ },
    { Channel: 'unresolved', Name: 'gone', Waiting: 0, Parked: /\/invite/ },
  ])
  const figures = () => Object.fromEntries(slackMetrics(service).map(({ name, value }) => [name, value]))
  await world.waitUntil('what waits for the others', () => figures().slack_events_waiting === 2)
  t.equal(figures().slack_channels_absent, 2)
  slack.channel('out').isMember = true
  await world.config(service, params)
  await world.waitUntil('the other messages', () => slack.messages('out').length === 2)
  await world.waitUntil('what still lacks', async () => (await queue()).length === 1)
  await world.waitUntil('nothing that waits', () => figures().slack_events_waiting === 0)
  t.equal(figures().slack_channels_absent, 1)
})

test('a config that is refused for other params still sets the buttons', async (t) => {
  const told: unknown[] = []
  const chatOps = {
    blocks: () => [],
    configure: async ({ params }: ChatOpsContext) => void told.push(params['slack/window-seconds']),
    stop: async () => undefined,
  }
  const world = await slackWorld(t, { chatOps })
  const service = await world.start({ 'slack/window-seconds': 1 })
  const refused = [{ 'slack/channels': ['gone'] }, { 'slack/routes': [{ template: 'nope' }] }, { 'slack/bot-key': 'x' }]
  for (const [index, params] of refused.entries()) {
    await t.rejects(world.config(service, { ...params, 'slack/window-seconds': index + 2 }))
  }
  t.same(told, [1, 2, 3, 4])
})

test('wrong params of the buttons are reported, and messages are delivered', async (t) => {
  const configure = async () => Promise.reject(new PowerbusError('PARAM_INVALID', 'no'))
  const world = await slackWorld(t, { chatOps: { blocks: () => [], configure, stop: async () => undefined } })
  await t.rejects(world.start(), { code: 'PARAM_INVALID' })
  const [service] = world.services
  if (!service) throw new Error('there is no service')
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the message', () => world.slack.messages().length === 1)
})

test('conversations are listed page by page, public and private, by name and by id', async (t) => {
  const channels = Array.from({ length: 450 }, (_, index) => ({
    name: `c${index}`,
    isPrivate: index % 2 === 1,
    isArchived: index === 7,
  }))
  const world = await slackWorld(t, { channels })
  const { slack } = world
  slack.fault({ method: 'users.conversations', times: 1, fault: { rateLimited: { retryAfterS: 1 } } })
  slack.fault({ method: 'users.conversations', times: 1, fault: { status: 502 } })
  const service = await world.start({ 'slack/channels': ['#c449', slack.channel('c0').id] })
  t.equal(service.deliverer?.directory?.length, 449)
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('both messages', () => slack.messages().length === 2)
  t.equal(slack.messages('c449').length, 1)
  t.equal(slack.messages('c0').length, 1)
})

test('the first config holds during an outage of Slack, and its events are delivered after it', async (t) => {
  const world = await slackWorld(t)
  const { slack } = world
  await slack.halt()
  const service = await world.start()
  await world.publish(service, actionEvent('node-01'))
  await slack.resume()
  await world.waitUntil('the message', () => slack.messages().length === 1, { timeoutMs: 30_000 })
})

test('a failure of the store is reported as STORE_UNAVAILABLE, not as an outage of Slack', async (t) => {
  const world = await slackWorld(t)
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => store.close())
  const failing: Store = Object.assign(prefixedStore(store, ''), {
    set: async () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'no space left on device')),
  })
  await t.rejects(world.join(failing), { code: 'STORE_UNAVAILABLE' })
  t.same(
    world.logged.filter(({ level }) => level === 'warn'),
    [],
  )
})
