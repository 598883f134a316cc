import { setTimeout as sleep } from 'node:timers/promises'
import { connectBus } from '@powerbus/bus'
import { startNatsServer, startTcpRelay, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { servePlugin } from '../fixtures/served-plugin.ts'

const commands = ['light', 'getLight']

/** An endpoint and a served plugin on one NATS, the endpoint behind a relay. */
async function startBoth(t: Test) {
  const nats = await startNatsServer(t)
  const relay = await startTcpRelay(t, nats.port)
  const running = await startTestEndpoint(t, undefined, { environment: { NATS_URL: `127.0.0.1:${relay.port}` } })
  const bus = await connectBus({ name: 'lamps', url: nats.url })
  t.teardown(() => bus.close())
  const served = await servePlugin(t, bus, { instance: 'one', commands })
  await waitUntil('the plugin', async () => (await running.call('GET', 'plugins/lamps')).body.Available === true)
  await running.call('POST', 'machines', { body: { Name: 'm1' } })
  const run = async (command: string) => {
    const begunMs = performance.now()
    const answer = await running.call('POST', `machines/Name:m1/actions/${command}`)
    return { command, ms: performance.now() - begunMs, answer }
  }
  return { nats, relay, served, run, logged: running.logged }
}

for (const way of ['silence', 'reset', 'kill'] as const) {
  test(`NATS away (${way}): each action is refused in time, says which server, and was not sent`, async (t) => {
    const { nats, relay, served, run } = await startBoth(t)
    t.equal((await run('light')).answer.status, 200)
    const before = served.actions.length
    if (way === 'kill') await nats.kill()
    else relay[way]()
    const check = ({ command, ms, answer }: Awaited<ReturnType<typeof run>>) => {
      t.match(answer, { status: 503, body: { Type: 'PLUGIN_UNAVAILABLE' } }, `${way} ${command} ${answer.text}`)
      t.match(answer.body.Messages[0], new RegExp(`NATS at 127\\.0\\.0\\.1:${relay.port} does not answer`))
      // 2 s, and what a busy machine takes.
      t.ok(ms < 3500, `${way} ${command}: ${Math.round(ms)} ms`)
    }
    for (const command of commands) check(await run(command))
    for (const done of await Promise.all([...commands, ...commands].map(run))) check(done)
    if (way === 'kill') await nats.start()
    else relay.restore()
    await waitUntil('the plugin to be back', async () => (await run('getLight')).answer.status === 200, {
      timeoutMs: 40_000,
    })
    const sent = served.actions.filter((action) => (action as { Command: string }).Command === 'light')
    t.equal(sent.length, before, 'nothing of the outage arrives later')
  })
}

test('where every replica is gone, actions are refused at once, and the log says it once', async (t) => {
  const { served, run, logged } = await startBoth(t)
  const before = logged.length
  await served.stop()
  await waitUntil('the refusal', async () => (await run('light')).answer.status === 503)
  for (const command of [...commands, ...commands]) {
    const { ms, answer } = await run(command)
    t.match(answer, { status: 503, body: { Type: 'PLUGIN_UNAVAILABLE', Messages: [/no replica of it is on the bus/] } })
    t.ok(ms < 3500)
  }
  await sleep(3000)
  const lines = logged.slice(before).filter(({ level }) => Number(level) >= 40)
  t.match(lines, [{ plugin: 'lamps', msg: /no replica/ }])
  t.equal(lines.length, 1)
})
