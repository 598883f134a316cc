import { join } from 'node:path'
import { builtExecutable, launchPlugin, startFakeSlack, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { slackMetrics } from '../src/metrics.ts'
import { actionEvent, shown, slackWorld } from './slack-world.ts'

test('slackmute and slackunmute of the built executable hold over a restart', async (t) => {
  const slack = await startFakeSlack({ channels: [{ name: 'ops' }, { name: 'lab' }] })
  t.teardown(() => slack.stop())
  const env = { POWERBUS_STATE: join(tempFolder(t), 'state') }
  const params = {
    Name: 'slack',
    'slack/bot-key': slack.botToken,
    'slack/api-url': slack.apiUrl,
    'slack/pace-ms': 0,
    'slack/window-seconds': 0,
  }
  const machine = (name: string) => ({ model: { Name: name, Uuid: `uuid-of-${name}` } })
  const first = await launchPlugin(t, builtExecutable('plugins/slack'), { env })
  await first.configure(params)
  const before = Date.now()
  const { status, body } = await first.act('slackmute', { 'slack/for': 5 }, machine('node-01'))
  t.equal(status, 200)
  const minutes = (Date.parse(String(body.Until)) - before) / 60_000
  t.ok(minutes >= 5 && minutes < 6)
  t.match(await first.act('slackmutechannel', { 'slack/channel': '#lab' }, { model: {} }), { status: 200 })
  t.match(await first.act('slackmutechannel', { 'slack/channel': 'none' }, { model: {} }), { status: 404 })
  t.match(await first.act('slackmute', { 'slack/for': 0 }, machine('node-01')), { status: 400 })
  await first.post('/api-plugin/v4/stop', {})
  await first.process.exited

  const second = await launchPlugin(t, builtExecutable('plugins/slack'), { env })
  await second.configure(params)
  const publish = (name: string) => second.post('/api-plugin/v4/publish', actionEvent(name))
  await publish('node-01')
  await publish('node-02')
  await waitUntil('the message', () => slack.messages().length === 1)
  t.match(slack.messages('ops').map(shown).join(), /node-02/)
  const { body: queue } = await second.act('slackqueue', {}, { model: {} })
  t.match(queue, { Muted: [{ Name: /node-01|lab/ }, { Name: /node-01|lab/ }] })
  t.match((await second.act('slackunmute', {}, machine('node-01'))).body, { Muted: 'node-01', Changed: true })
  t.match((await second.act('slackunmute', {}, machine('node-01'))).body, { Changed: false })
  t.match((await second.act('slackunmutechannel', { 'slack/channel': 'lab' }, { model: {} })).body, { Changed: true })
  await publish('node-01')
  await waitUntil('the messages', () => slack.messages().length === 3)
  t.match(slack.messages('lab').map(shown).join(), /node-01/)
})

test('a mute ends by itself; its events are counted and not posted later', async (t) => {
  const world = await slackWorld(t, { channels: [{ name: 'ops' }, { name: 'lab' }] })
  const { slack } = world
  const service = await world.start({ 'slack/window-seconds': 0 })
  await service.deliverer?.mutes.mute(['machine', 'uuid-of-node-01'], 'node-01', 5000)
  await service.deliverer?.mutes.mute(['channel', slack.channel('lab').id], 'lab', 5000)
  await world.publish(service, actionEvent('node-01'), actionEvent('node-02'))
  await world.waitUntil('the message', () => slack.messages().length === 1)
  const muted = slackMetrics(service).find(({ name }) => name === 'slack_events_muted_total')
  t.equal(muted?.value, 2)
  await world.pass(5100)
  await world.publish(service, actionEvent('node-01'))
  await world.waitUntil('the messages', () => slack.messages().length === 3)
  await world.quiet()
  t.equal(slack.messages().length, 3)
})
