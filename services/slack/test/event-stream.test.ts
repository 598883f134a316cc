import {
  builtExecutable,
  launchPlugin,
  startBuiltEndpoint,
  startFakeSlack,
  startTcpRelay,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'

test('with POWERBUS_EVENTS=stream an event of the event stream is posted once, also after a reconnect', async (t) => {
  const slack = await startFakeSlack({ channels: [{ name: 'ops' }] })
  t.teardown(() => slack.stop())
  const endpoint = await startBuiltEndpoint(t, tempFolder(t), tempFolder(t))
  const relay = await startTcpRelay(t, Number(new URL(endpoint.url).port))
  const plugin = await launchPlugin(t, builtExecutable('plugins/slack'), {
    env: {
      RS_ENDPOINT: `https://127.0.0.1:${relay.port}`,
      RS_TOKEN: endpoint.token,
      POWERBUS_EVENTS: 'stream',
    },
  })
  t.equal(plugin.manifest.HasPublish, false)
  await plugin.configure({
    Name: 'slack',
    'slack/bot-key': slack.botToken,
    'slack/api-url': slack.apiUrl,
    'slack/pace-ms': 0,
  })
  const posted = (name: string) =>
    slack.messages('ops').filter(({ content }) => JSON.stringify(content).includes(name)).length
  const made: string[] = []
  /** Makes machines until one of them is posted. */
  const untilPosted = async (prefix: string) => {
    await waitUntil(`a message of ${prefix}`, async () => {
      const name = `${prefix}-${made.length}x`
      made.push(name)
      await endpoint.drp.machines.create({ Name: name })
      return await waitUntil(name, () => posted(name) > 0, { timeoutMs: 300 }).catch(() => false)
    })
  }
  await untilPosted('before')
  relay.reset()
  await endpoint.drp.machines.create({ Name: 'meanwhile' })
  relay.restore()
  await untilPosted('after')
  await endpoint.drp.machines.create({ Name: 'at-last' })
  await waitUntil('the last message', () => posted('at-last') > 0)
  t.same(
    made.filter((name) => posted(name) > 1),
    [],
  )
  t.equal(posted('at-last'), 1)
  t.match(await plugin.post('/api-plugin/v4/publish', {}), { status: 404 }, 'events come from the stream alone')
  t.notOk(plugin.sent().includes(slack.botToken))
})
