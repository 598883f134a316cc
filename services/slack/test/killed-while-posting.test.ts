import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { builtExecutable, launchPlugin, startFakeSlack, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { actionEvent } from './slack-world.ts'

test('after kill -9 between a post and its answer the message is found by its metadata and not posted again', async (t) => {
  const slack = await startFakeSlack()
  t.teardown(() => slack.stop())
  const executable = builtExecutable('plugins/slack')
  const env = { POWERBUS_STATE: join(tempFolder(t), 'state') }
  const params = {
    Name: 'slack',
    'slack/bot-key': slack.botToken,
    'slack/api-url': slack.apiUrl,
    'slack/pace-ms': 0,
    'slack/timeout-seconds': 3,
  }
  slack.fault({ method: 'chat.postMessage', times: 1, fault: { hang: 'after' } })
  const first = await launchPlugin(t, executable, { env })
  await first.configure(params)
  await first.post('/api-plugin/v4/publish', actionEvent('node-01'))
  await waitUntil('the post', () => slack.messages().length === 1)
  first.process.kill('SIGKILL')
  await first.process.exited

  const second = await launchPlugin(t, executable, { env })
  await second.configure(params)
  const queue = async () => {
    const { body } = await second.act('slackqueue', {}, { model: {} })
    return body as unknown as { Channels: readonly unknown[] }
  }
  await waitUntil('an empty queue', async () => (await queue()).Channels.length === 0, { timeoutMs: 30_000 })
  await second.post('/api-plugin/v4/publish', actionEvent('node-01', {}, 'powercycle'))
  await waitUntil('the edit', () => slack.calls.some(({ method }) => method === 'chat.update'), { timeoutMs: 20_000 })
  await sleep(300)
  t.equal(slack.messages().length, 1)
  t.equal(slack.calls.filter(({ method }) => method === 'chat.postMessage').length, 1)
})
