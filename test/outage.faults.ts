import { setTimeout as sleep } from 'node:timers/promises'
import { connectBus } from '@powerbus/bus'
import { startLab } from '@powerbus/lab'
import {
  builtExecutable,
  startNatsServer,
  startProcess,
  startRedis,
  startTcpRelay,
  type TestScope,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'
import { type EndpointProcess, pluginReady, startEndpointProcess, successOf } from './cluster/launched-endpoint.ts'

const OUTAGE_MS = 30_000
/** An action is answered by then, whatever is away. */
const PROMPT_MS = 6_000
const TOKEN = 'outage-token'
const credentials = { username: 'admin', password: 'outage-password' }

/** Serves ipmi with HTTP, so that it can be asked while the bus is away. */
async function startReplica(scope: TestScope, env: Record<string, string>) {
  const program = builtExecutable('plugins/ipmi')
  const all = { ...env, POWERBUS_TOKEN: TOKEN, POWERBUS_STATE: tempFolder(scope) }
  const child = await startProcess(scope, program, ['serve', '--http', '127.0.0.1:0'], { env: all })
  const [url = ''] = await child.waitForOutput(/^http:\/\/\S+$/m)
  return async (Command: string, Model: object, Params: object) => {
    const answer = await fetch(`${url}/api-plugin/v4/action`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ Command, Model, Params }),
      signal: AbortSignal.timeout(60_000),
    })
    return { status: answer.status, body: await answer.json() }
  }
}

async function promptly<T>(work: Promise<T>): Promise<T> {
  const began = performance.now()
  const found = await work
  const ms = performance.now() - began
  if (ms > PROMPT_MS) throw new Error(`it took ${Math.round(ms)} ms`)
  return found
}

async function addMachine({ ask }: EndpointProcess, port: number) {
  const params = {
    'ipmi/address': '127.0.0.1',
    'ipmi/port-ipmitool': port,
    'ipmi/mode': 'ipmitool',
    'power/min-gap': 0,
  }
  const secret = { 'ipmi/username': credentials.username, 'ipmi/password': credentials.password }
  const Params = { ...params, ...secret }
  const machine = (await successOf(ask('POST', 'machines', { Name: 'one', Params }))) as { Uuid: string }
  return { uuid: machine.Uuid, Params }
}

test('NATS and Redis cut off for 30 s: actions are refused and do not hang, and all is as before afterwards', async (t) => {
  const [nats, redis] = await Promise.all([startNatsServer(t), startRedis(t)])
  const [natsRelay, redisRelay] = [await startTcpRelay(t, nats.port), await startTcpRelay(t, redis.port)]
  const env = { NATS_URL: `nats://127.0.0.1:${natsRelay.port}`, REDIS_URL: `redis://127.0.0.1:${redisRelay.port}` }
  const lab = await startLab({ count: 1, port: 0, credentials })
  t.teardown(() => lab.close())
  const ledger = await connectBus({ name: 'ledger', url: nats.url })
  t.teardown(() => ledger.close())
  const phases: Record<string, string[]> = {}
  await ledger.subscribe({ durable: 'ledger', match: [{ Type: 'machines', Action: '*', Key: '*' }] }, async (event) => {
    const { Phase, RequestId } = (event.Object ?? {}) as { Phase?: string; RequestId?: string }
    if (Phase === undefined || RequestId === undefined) return
    phases[RequestId] = [...(phases[RequestId] ?? []), Phase]
  })
  const [endpoint, replica] = await Promise.all([startEndpointProcess(t, env), startReplica(t, env)])
  await pluginReady(endpoint, 'ipmi')
  const { uuid, Params } = await addMachine(endpoint, lab.bmcs[0]?.port ?? 0)
  const act = (verb: string, requestId: string, timeoutMs = 60_000) =>
    promptly(endpoint.ask('POST', `machines/${uuid}/actions/${verb}`, {}, { requestId, timeoutMs }))
  t.match(await act('poweron', 'before'), { status: 200 })

  natsRelay.silence()
  redisRelay.silence()
  const cutAt = performance.now()
  const codes = new Set<string>()
  const model = { Name: 'one', Uuid: uuid }
  while (performance.now() - cutAt < OUTAGE_MS) {
    const [byEndpoint, byReplica] = await Promise.all([
      act('powercycle', `during-${codes.size}`),
      // It would have a minute (power/timeout).
      promptly(replica('powercycle', model, Params)),
    ])
    for (const { status, body } of [byEndpoint, byReplica]) {
      t.equal(status, 503)
      const { Type, Reason } = body as { Type?: string; Reason?: string }
      codes.add(Reason ?? Type ?? '')
    }
    await sleep(500)
  }
  t.same([...codes], ['STORE_UNAVAILABLE'])
  natsRelay.restore()
  redisRelay.restore()
  await waitUntil('actions to be done again', async () => (await act('powerstatus', 'after')).status === 200, {
    timeoutMs: 40_000,
    intervalMs: 500,
  })
  t.match(await act('powercycle', 'last'), { status: 200, body: { Changed: true } })
  t.equal(lab.machines[0]?.isOn(), true)
  await waitUntil('the events of the last action', () => phases.last?.length === 2, { timeoutMs: 40_000 })
  t.same(phases.before, ['start', 'end'])
  t.same(phases.last, ['start', 'end'])
})
