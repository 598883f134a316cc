import { connectBus } from '@powerbus/bus'
import { startNatsServer, waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'
import { builtDemo } from '../fixture/launched-plugin.ts'
import { startServe } from '../fixture/served-plugin.ts'

/** What it has accepted may go on so long after a stop. */
const DRAIN_MS = 60_000

test('a plugin whose events the bus does not bring', async (t) => {
  const { executable } = await builtDemo(t, 'selecting-main.ts')

  await t.test('for now: it is not ready, and a stop does not wait for them', async (t) => {
    const account = 'jetstream: { max_consumers: 1 }, users: [{ user: a, password: b }]'
    const nats = await startNatsServer(t, { configuration: `accounts { A { ${account} } }` })
    const url = nats.url.replace('//', '//a:b@')
    const other = await connectBus({ url, name: 'other' })
    t.teardown(() => other.close())
    await other.subscribe({ durable: 'other', match: [{ Type: 'a', Action: 'b', Key: 'c' }] }, async () => undefined)
    const { ask, process } = await startServe(t, executable, { env: { NATS_URL: url } })
    const answers = (subject: readonly string[], body: object) =>
      waitUntil(subject.join(' '), () =>
        other.request(subject, body, { timeoutMs: 2000 }).then(
          () => true,
          () => false,
        ),
      )
    await answers(['define', 'selecting'], {})
    await answers(['action', 'selecting', 'nothing'], { Command: 'nothing', Model: {}, Params: {} })
    t.match(await ask('/readyz'), { status: 503, body: { ready: false, config: 'ok', bus: 'away' } })
    process.kill('SIGTERM')
    t.strictSame(await within('its end', process.exited, DRAIN_MS), { code: 0, signal: null })
  })

  await t.test('for want of a right: it ends and says so', async (t) => {
    const user = '{ user: a, password: b, permissions: { publish: { deny: ["$JS.API.CONSUMER.>"] } } }'
    const nats = await startNatsServer(t, { configuration: `authorization { users = [${user}] }` })
    const { process } = await startServe(t, executable, { env: { NATS_URL: nats.url.replace('//', '//a:b@') } })
    t.equal((await within('its end', process.exited, DRAIN_MS)).code, 1)
    t.match(process.output.stderr, /Permissions Violation/)
  })
})
