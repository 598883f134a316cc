import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { Secret } from '@powerbus/plugin-sdk'
import { signedCertificate, startFakeSlack, startHttpProxy } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { proxySettings } from '../../src/slack/proxy-settings.ts'
import { slackClient } from '../../src/slack/slack-client.ts'
import { slackFailure } from '../../src/slack/slack-failure.ts'
import { slackTransport } from '../../src/slack/slack-transport.ts'

const HOST = 'slack.test'

interface Way {
  readonly proxy?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** A client of the Web API at this address, with another environment than ours. */
function client(t: Test, apiUrl: string, { proxy, environment = {}, timeoutMs = 5000 }: Way) {
  const transport = slackTransport(proxySettings(proxy === undefined ? undefined : new Secret(proxy), environment))
  t.teardown(() => transport.close())
  return slackClient({ key: 'xoxb-fake-bot-token', apiUrl, timeoutMs, fetch: transport.fetch })
}

async function fails(ask: Promise<unknown>) {
  try {
    await ask
  } catch (error) {
    return { error, failure: slackFailure(error) }
  }
  throw new Error('it did not fail')
}

async function proxiedSlack(t: Test, more: Partial<Parameters<typeof startHttpProxy>[1]> = {}) {
  const slack = await startFakeSlack()
  t.teardown(() => slack.stop())
  const port = Number(new URL(slack.apiUrl).port)
  const proxy = await startHttpProxy(t, { targets: { [`${HOST}:80`]: port, [`127.0.0.1:${port}`]: port }, ...more })
  return { slack, proxy, port }
}

test('HTTP_PROXY with user and password carries the calls; a host in NO_PROXY and the loopback are direct', async (t) => {
  const { slack, proxy } = await proxiedSlack(t, { credentials: 'ada:p@ss' })
  const address = `http://ada:p%40ss@127.0.0.1:${proxy.port}`
  await client(t, `http://${HOST}/api/`, { environment: { http_proxy: address } }).auth.test()
  t.same(proxy.asked, [`${HOST}:80`])
  for (const noProxy of [HOST, '.test', '*.test', 'test', '*', `${HOST}:80`, 'SLACK.test']) {
    const environment = { HTTP_PROXY: address, NO_PROXY: noProxy }
    const { failure } = await fails(client(t, `http://${HOST}/api/`, { environment }).auth.test())
    t.equal(failure.kind, 'unsent', `${noProxy}: there is no such host`)
  }
  const others = { HTTP_PROXY: address, NO_PROXY: `${HOST}:443, other.test, lack.test` }
  await client(t, `http://${HOST}/api/`, { environment: others }).auth.test()
  await client(t, slack.apiUrl, { environment: { HTTP_PROXY: address } }).auth.test()
  t.equal(proxy.asked.length, 2)
  await client(t, slack.apiUrl, { proxy: address, environment: { NO_PROXY: '*' } }).auth.test()
  t.equal(proxy.asked.length, 3, 'slack/proxy wins')
})

test('a proxy that refuses or is away: nothing was posted, with the reason and no password', async (t) => {
  const { slack, proxy, port } = await proxiedSlack(t, { credentials: 'ada:right' })
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  t.teardown(() => silent.close())
  const away = createServer()
  await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve))
  const awayPort = (away.address() as { port: number }).port
  await new Promise((resolve) => away.close(resolve))
  const forbidding = await startHttpProxy(t, { targets: {}, status: 403 })
  const address = (at: number) => `http://ada:hunter2@127.0.0.1:${at}`
  for (const [proxyUrl, reason] of [
    [address(proxy.port), /proxy.*407/],
    [`http://127.0.0.1:${proxy.port}`, /proxy.*407/],
    [address(forbidding.port), /proxy.*403/],
    [address(awayPort), new RegExp(`proxy 127.0.0.1:${awayPort}.*ECONNREFUSED`)],
    [address((silent.address() as { port: number }).port), /in time/],
  ] as const) {
    const web = client(t, `http://127.0.0.1:${port}/api/`, { proxy: proxyUrl, timeoutMs: 500 })
    const { error, failure } = await fails(web.chat.postMessage({ channel: 'general', text: 'x' }))
    t.match(failure, { kind: 'unsent', reason }, proxyUrl)
    t.notMatch(inspect(error, { depth: 9 }), 'hunter2')
    t.notMatch(inspect(error, { depth: 9 }), Buffer.from('ada:hunter2').toString('base64'))
  }
  t.equal(slack.calls.length, 0)
})

test('a certificate that is not trusted, or of another name: nothing was posted, directly and through a proxy', async (t) => {
  const slack = await startFakeSlack({ tls: signedCertificate(t, HOST) })
  t.teardown(() => slack.stop())
  const port = Number(new URL(slack.apiUrl).port)
  const proxy = await startHttpProxy(t, { targets: { [`${HOST}:443`]: port } })
  const through = { environment: { https_proxy: `http://127.0.0.1:${proxy.port}` } }
  for (const web of [client(t, slack.apiUrl, {}), client(t, `https://${HOST}/api/`, through)]) {
    const { failure } = await fails(web.chat.postMessage({ channel: 'general', text: 'x' }))
    t.match(failure, { kind: 'unsent', reason: /SELF_SIGNED_CERT_IN_CHAIN.*NODE_EXTRA_CA_CERTS/ })
  }
  t.same(proxy.asked, [`${HOST}:443`])
  t.equal(slack.calls.length, 0)
})

test('a call whose connection breaks, or that waits too long, may have been done', async (t) => {
  const { slack, proxy } = await proxiedSlack(t)
  for (const way of [{}, { proxy: `http://127.0.0.1:${proxy.port}` }]) {
    for (const fault of [{ cut: 'after' }, { cut: 'before' }, { hang: 'after' }] as const) {
      slack.fault({ method: 'chat.postMessage', times: 1, fault })
      const web = client(t, slack.apiUrl, { ...way, timeoutMs: 500 })
      const { failure } = await fails(web.chat.postMessage({ channel: 'general', text: 'x' }))
      t.equal(failure.kind, 'unsure', JSON.stringify(fault))
    }
  }
})
