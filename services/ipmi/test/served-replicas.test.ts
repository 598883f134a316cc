import { connectBus } from '@powerbus/bus'
import {
  builtExecutable,
  type RackMachine,
  startLabRack,
  startNatsServer,
  startProcess,
  startRedis,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'

test('two served replicas share BMCs over NATS and Redis', async (t) => {
  const { machines, password } = await startLabRack(t, { count: 2, cycleOffMs: 300 })
  const [first, second] = machines
  if (!first || !second) throw new Error('the lab has no BMCs')
  const executable = builtExecutable('plugins/ipmi')
  const [nats, redis] = await Promise.all([startNatsServer(t), startRedis(t)])
  const env = { NATS_URL: nats.url, REDIS_URL: redis.url, POWERBUS_TOKEN: 'token' }
  const replicas = await Promise.all(
    [1, 2].map(() => startProcess(t, executable, ['serve', '--http', '127.0.0.1:0'], { env })),
  )
  const bus = await connectBus({ url: nats.url, name: 'test' })
  t.teardown(() => bus.close())
  await waitUntil('two replicas', async () => (await bus.present('plugin')).length === 2, { timeoutMs: 20_000 })
  const act = async ({ params, port }: RackMachine, command: string, more: object = {}) => {
    const Params = { ...params, ...more }
    const body = { Model: { Uuid: `${port}` }, Plugin: 'ipmi', Command: command, CommandSet: '', Params }
    return await bus.request(['action', 'ipmi', command], body, { timeoutMs: 60_000 })
  }

  await t.test('a request id sent a hundred times runs once over both replicas', async (t) => {
    t.match(await act(first, 'poweron'), { Power: 'on', Changed: true })
    const asked = Array.from({ length: 100 }, () => act(first, 'powercycle', { 'power/request-id': 'cycle-once' }))
    const answers = await Promise.all(asked)
    t.equal(first.machine.counts.powerCycle, 1)
    for (const answer of answers) t.strictSame(answer, answers[0])
    for (const replica of replicas) await replica.waitForOutput(/action done/, { stream: 'stderr' })
  })

  await t.test('actions on one machine run one after another over both replicas', async (t) => {
    await act(second, 'poweron')
    await Promise.all(Array.from({ length: 6 }, () => act(second, 'powercycle')))
    t.equal(second.machine.counts.powerCycle, 6)
    t.ok(second.machine.isOn())
  })

  await t.test('while Redis is unreachable actions fail and send nothing; afterwards they succeed', async (t) => {
    await redis.kill()
    await t.rejects(act(first, 'powerstatus'), { code: 'REFUSED', status: 503, body: { Reason: 'STORE_UNAVAILABLE' } })
    await redis.start()
    await waitUntil('an answer', () => act(first, 'powerstatus').catch(() => undefined), { timeoutMs: 20_000 })
  })

  await t.test('packets and sessions are counted, and no secret is printed', async (t) => {
    const counted = await Promise.all(
      replicas.map(async ({ output }) => {
        const headers = { authorization: 'Bearer token' }
        return await (await fetch(`${output.stdout.trim()}/metrics`, { headers })).text()
      }),
    )
    for (const text of counted)
      t.match(text, /^powerbus_actions_total\{plugin="ipmi",command="powercycle",driver="ipmitool",code="OK"\} [1-9]/m)
    // Chance decides which replica talked to the machines; a replica that waited for the other's result sent nothing.
    t.ok(counted.some((text) => /^powerbus_ipmi_sessions_opened_total [1-9]/m.test(text)))
    t.notMatch(JSON.stringify([counted, replicas.map(({ output }) => output)]), password)
  })
})
