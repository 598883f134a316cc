import { Secret } from '@powerbus/plugin-sdk'
import {
  builtExecutable,
  launchPlugin,
  signedCertificate,
  startFakeSlack,
  startHttpProxy,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'
import { allowed, startChatOps } from './chatops/running-chat-ops.ts'
import { actionEvent, slackWorld } from './slack-world.ts'

const HOST = 'slack.test'

for (const way of ['HTTPS_PROXY', 'https_proxy', 'slack/proxy']) {
  test(`the built executable posts and takes presses by way of ${way}, over TLS that it checks`, async (t) => {
    const tls = signedCertificate(t, HOST)
    const slack = await startFakeSlack({ tls, publicHost: HOST, users: [{ id: 'U1', name: 'ada' }] })
    t.teardown(() => slack.stop())
    const targets = { [`${HOST}:443`]: Number(new URL(slack.apiUrl).port) }
    const proxy = await startHttpProxy(t, { targets, credentials: 'ada:hunter2' })
    const address = `http://ada:hunter2@127.0.0.1:${proxy.port}`
    const isParam = way === 'slack/proxy'
    const plugin = await launchPlugin(t, builtExecutable('plugins/slack'), {
      env: {
        NODE_EXTRA_CA_CERTS: tls.authorityFile,
        ...(isParam ? { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' } : { [way]: address }),
      },
    })
    await plugin.configure({
      Name: 'slack',
      'slack/bot-key': slack.botToken,
      'slack/app-token': slack.appToken,
      'slack/allow-users': ['U1'],
      'slack/api-url': `https://${HOST}/api/`,
      ...(isParam && { 'slack/proxy': address }),
    })
    await plugin.post('/api-plugin/v4/publish', actionEvent('node-01'))
    await waitUntil('the message', () => slack.messages().length === 1)
    await waitUntil('Socket Mode', () => slack.socket.connections === 1)
    t.same([...new Set(proxy.asked)], [`${HOST}:443`])
    const [message] = slack.messages()
    if (message) await slack.users.press({ user: 'U1', message, actionId: 'powerbus.powerstatus' })
    t.ok(slack.socket.sent[0]?.acknowledgedAtMs, 'a press comes through the tunnel')
    t.match(await plugin.post('/api-plugin/v4/stop', {}), { status: 200 })
    t.equal((await plugin.process.exited).code, 0)
    await waitUntil('the end of the tunnels', () => proxy.tunnels === 0)
    t.notOk(plugin.sent().includes('hunter2'))
  })
}

test('what a proxy refuses is posted once the proxy takes it, without a look-up, and the log says why', async (t) => {
  const world = await slackWorld(t)
  const { slack, logged } = world
  const port = Number(new URL(slack.apiUrl).port)
  const targets: Record<string, number> = {}
  const proxy = await startHttpProxy(t, { targets, credentials: 'ada:right' })
  const service = await world.start({ 'slack/proxy': `http://ada:right@127.0.0.1:${proxy.port}` })
  await world.publish(service, actionEvent('node-01'))
  const lines = () => JSON.stringify(logged)
  await world.waitUntil('the reason in the log', () => /proxy refuses to connect to 127.0.0.1 \(502\)/.test(lines()))
  t.equal(slack.calls.length, 0)
  targets[`127.0.0.1:${port}`] = port
  await world.waitUntil('the message', () => slack.messages().length === 1)
  t.notOk(slack.calls.some(({ method }) => method === 'conversations.history'))
  await world.config(service, { 'slack/proxy': `http://ada:wrong@127.0.0.1:${proxy.port}` })
  await world.publish(service, actionEvent('node-02'))
  await world.waitUntil('the next reason', () => /proxy asks for a user and password \(407\)/.test(lines()))
  t.notMatch(lines(), /ada:|wrong@|right@/)
  t.equal(slack.messages().length, 1)
})

test('buttons that are turned off, or get another proxy, leave no tunnel', async (t) => {
  const { slack, chatOps, configure, connected } = await startChatOps(t)
  await connected()
  const targets = { [new URL(slack.apiUrl).host]: Number(new URL(slack.apiUrl).port) }
  const [one, other] = [await startHttpProxy(t, { targets }), await startHttpProxy(t, { targets })]
  const through = (port: number) =>
    configure({ ...allowed, 'slack/proxy': new Secret(`http://127.0.0.1:${port}`) as never })
  for (const proxy of [one, other]) {
    await through(proxy.port)
    await connected()
    t.ok(proxy.tunnels > 0)
    t.equal(slack.socket.connections, 1)
  }
  await chatOps.stop()
  await waitUntil('the end of the tunnels', () => one.tunnels + other.tunnels === 0)
})
