import { type BusEvent, connectBus } from '@powerbus/bus'
import { builtExecutable, startLabRack, startNatsServer, startProcess, startRedis, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'

test('after a replica is killed, its request is not cycled again, and its loss is reported', async (t) => {
  const { machine: bmc } = await startLabRack(t, { cycleOffMs: 8000 })
  const executable = builtExecutable('plugins/ipmi')
  const [nats, redis] = await Promise.all([startNatsServer(t), startRedis(t)])
  const env = { NATS_URL: nats.url, REDIS_URL: redis.url }
  const start = () => startProcess(t, executable, ['serve', '--http', 'off'], { env })
  const bus = await connectBus({ url: nats.url, name: 'test' })
  t.teardown(() => bus.close())
  const lost: BusEvent[] = []
  await bus.watch({ match: [{ Type: 'requests', Action: 'lost', Key: '*' }] }, (event) => void lost.push(event))
  const act = async (command: string, timeoutMs: number, more: object = {}) => {
    const Params = { ...bmc.params, ...more }
    const body = { Model: { Uuid: 'u' }, Plugin: 'ipmi', Command: command, CommandSet: '', Params }
    return await bus.request(['action', 'ipmi', command], body, { timeoutMs })
  }

  const victim = await start()
  await waitUntil('a replica', async () => (await bus.present('plugin')).length === 1, { timeoutMs: 20_000 })
  t.match(await act('poweron', 20_000), { Power: 'on' })
  const cycling = act('powercycle', 3000, { 'power/request-id': 'cut-short' }).catch((error: unknown) => error)
  await waitUntil('the cycle', () => bmc.machine.counts.powerCycle === 1)
  victim.kill('SIGKILL')
  t.match(await cycling, { code: 'TIMEOUT' })

  // The dead replica's lock is free 15 s after its last renewal; only then does the other replica know that it is dead.
  await new Promise((resolve) => setTimeout(resolve, 16_000))
  await start()
  await waitUntil('the report', () => lost.length > 0, { timeoutMs: 30_000 })
  t.match(lost[0], { Key: 'cut-short', Object: { RequestId: 'cut-short', Subject: /^powercycle / } })
  const again = await act('powercycle', 30_000, { 'power/request-id': 'cut-short' }).catch((error: unknown) => error)
  t.equal(bmc.machine.counts.powerCycle, 1)
  t.notMatch(again, { code: 'TIMEOUT' }, 'the request is done, or its outcome is reported as unknown')
})
