import { builtExecutable, launchPlugin, startFakeSlack, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'

test('the built executable, launched as DRP does, posts an event once', async (t) => {
  const slack = await startFakeSlack({ channels: [{ name: 'ops' }] })
  t.teardown(() => slack.stop())
  const plugin = await launchPlugin(t, builtExecutable('plugins/slack'))
  t.match(plugin.manifest, { Name: 'slack', PluginVersion: 4, HasPublish: true, RequiredParams: ['slack/bot-key'] })
  const params = { Name: 'slack', 'slack/bot-key': slack.botToken, 'slack/api-url': slack.apiUrl, 'slack/pace-ms': 0 }
  await plugin.configure(params)
  const event = {
    Time: new Date().toISOString(),
    Type: 'machines',
    Action: 'create',
    Key: '6a7e0f0e-5a9f-4a39-9f6e-6d1b7c1b8a11',
    Principal: 'user:ada',
    Object: { Name: 'node-01 <!channel>', Uuid: '6a7e0f0e-5a9f-4a39-9f6e-6d1b7c1b8a11' },
    Original: null,
  }
  t.match(await plugin.post('/api-plugin/v4/publish', event), { status: 200 })
  t.match(await plugin.post('/api-plugin/v4/publish', event), { status: 200 })
  const [message] = await waitUntil('the message', () => slack.messages('ops').length > 0 && slack.messages('ops'))
  t.match(message?.content.text, /node-01 &lt;!channel&gt;/)
  const queue = async () => {
    const { body } = await plugin.act('slackqueue', {}, { model: {} })
    return body as unknown as { Delivering: boolean; Channels: unknown[] }
  }
  await waitUntil('the queue to be empty', async () => (await queue()).Channels.length === 0)
  t.equal((await queue()).Delivering, true)
  t.equal(slack.messages().length, 1)
  t.notOk(plugin.sent().includes(slack.botToken))
  t.match(await plugin.post('/api-plugin/v4/stop', {}), { status: 200 })
  t.equal((await plugin.process.exited).code, 0)
})
