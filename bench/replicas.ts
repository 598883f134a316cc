import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { type Bus, connectBus } from '@powerbus/bus'
import {
  bundledProgram,
  endScope,
  freeUdpPort,
  openScope,
  startNatsServer,
  startProcess,
  startRedis,
  type TestScope,
  waitUntil,
} from '@powerbus/testkit'
import { cpuMsOf } from './cpu-time.ts'
import { executable } from './executables.ts'
import { type LabBmc, startLab } from './lab-process.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

/** BMCs, each with one caller that waits for each answer before it asks again. */
const CALLERS = 64
const TIMEOUT_MS = 30_000
const ECHO = 'plain.echo'

type Ask = (body: object) => Promise<unknown>

interface Run {
  /** Answers per second, and those of the plain client. */
  readonly action: number
  readonly plain: number
  /** Of all replicas, per action. */
  readonly cpuMs: number
}

function actionOn({ address, port, username, password }: LabBmc, index: number): object {
  const Params = {
    'ipmi/address': address,
    'ipmi/port-ipmitool': port,
    'ipmi/username': username,
    'ipmi/password': password,
    'ipmi/mode': 'ipmitool',
  }
  const Model = { Uuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, Name: `node-${index}` }
  return { Model, Plugin: 'ipmi', Command: 'powerstatus', CommandSet: 'machines', Params }
}

/** Answers per second. */
async function rate(count: number, bodies: readonly object[], ask: Ask): Promise<number> {
  const begin = performance.now()
  let left = count
  const caller = async (body: object) => {
    for (; left > 0; ) {
      left -= 1
      await ask(body)
    }
  }
  await Promise.all(bodies.map(caller))
  return count / ((performance.now() - begin) / 1000)
}

/** The plain client's request and reply, with a process of its own that answers. */
async function plainClient(scope: TestScope, url: string): Promise<Ask> {
  const script = bundledProgram(join(import.meta.dirname, 'plain-responder.ts'))
  const responder = await startProcess(scope, process.execPath, [script, url, ECHO])
  await responder.waitForOutput(/^ready$/m)
  const connection = await connect({ servers: url })
  scope.teardown(() => connection.close())
  return async (body) => (await connection.request(ECHO, JSON.stringify(body), { timeout: TIMEOUT_MS })).json()
}

async function startReplica(scope: TestScope, env: Record<string, string>): Promise<number> {
  const { pid } = await startProcess(scope, executable('plugins/ipmi'), ['serve', '--http', 'off'], { env })
  return pid
}

/** Waits until so many replicas are there, and one has opened a session with each BMC. */
async function warm(bus: Bus, replicas: number, bodies: readonly object[], ask: Ask): Promise<void> {
  await waitUntil('the replicas', async () => (await bus.present('plugin')).length === replicas, { timeoutMs: 30_000 })
  await rate(bodies.length * replicas * 16, bodies, ask)
}

async function compare(scope: TestScope): Promise<Figures> {
  const count = numberOption('count', 2000)
  const rounds = numberOption('rounds', 5)
  const bmcs = await startLab(scope, CALLERS, '127.3.0.1', await freeUdpPort())
  const bodies = bmcs.map(actionOn)
  const nats = await startNatsServer(scope)
  const redis = await startRedis(scope)
  const env = { NATS_URL: nats.url, REDIS_URL: redis.url }
  const bus = await connectBus({ url: nats.url, name: 'bench' })
  scope.teardown(() => bus.close({ timeoutMs: 1000 }))
  const plain = await plainClient(scope, nats.url)
  const action: Ask = (body) => bus.request(['action', 'ipmi', 'powerstatus'], body, { timeoutMs: TIMEOUT_MS })
  const results = new Map<number, Run[]>()
  const running: number[] = []
  for (const replicas of [1, 3]) {
    while (running.length < replicas) running.push(await startReplica(scope, env))
    await warm(bus, replicas, bodies, action)
    const runs: Run[] = []
    for (let round = 0; round < rounds; round += 1) {
      const before = cpuMsOf(running)
      const perSecond = await rate(count, bodies, action)
      const cpuMs = (cpuMsOf(running) - before) / count
      runs.push({ action: perSecond, plain: await rate(count, bodies, plain), cpuMs })
    }
    results.set(replicas, runs)
  }
  const cpuOf = (replicas: number) => median((results.get(replicas) ?? []).map(({ cpuMs }) => cpuMs))
  const all = [...results.values()].flat()
  const entries = [...results].flatMap(([replicas, runs]) => {
    const name = replicas === 1 ? '1 replica' : `${replicas} replicas`
    return [
      [`${name}, actions per s`, rounded(median(runs.map((run) => run.action)), 0)],
      [`${name}, ratio to the plain client`, rounded(median(runs.map((run) => run.action / run.plain)), 3)],
      [`${name}, CPU ms per action`, rounded(cpuOf(replicas), 3)],
    ]
  })
  return {
    actions: count,
    rounds,
    'plain NATS client, answers per s': rounded(median(all.map((run) => run.plain)), 0),
    ...Object.fromEntries(entries),
    'CPU per action of 3 replicas, times that of 1': rounded(cpuOf(3) / cpuOf(1), 2),
  }
}

await report(`replicas: powerstatus over the bus, ${CALLERS} BMCs with a caller each`, async () => {
  const scope = openScope()
  try {
    return await compare(scope)
  } finally {
    await endScope(scope)
  }
})
