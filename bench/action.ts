import { descendantsOf, endScope, openScope, type TestScope, waitUntil } from '@powerbus/testkit'
import { getChassisStatus, IpmiClient, type Target } from 'node-ipmi'
import { cpuMsOf } from './cpu-time.ts'
import { type AskEndpoint, runEndpoint } from './endpoint-process.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, percentile95, rounded } from './statistics.ts'

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** The one lab machine, once its plugin offers actions for it. */
async function labMachine(ask: AskEndpoint): Promise<string> {
  const [machine] = (await ask('GET', 'machines')) as { Uuid: string }[]
  if (!machine) throw new Error('the endpoint has no machine')
  await waitUntil('the plugin to offer powerstatus', async () => {
    const actions = (await ask('GET', `machines/${machine.Uuid}/actions`)) as { Command: string }[]
    return actions.some(({ Command }) => Command === 'powerstatus')
  })
  return machine.Uuid
}

async function bmcOf(ask: AskEndpoint, uuid: string): Promise<Target> {
  const params = (await ask('GET', `machines/${uuid}/params?aggregate=true&decode=true`)) as Record<string, unknown>
  return {
    address: String(params['ipmi/address']),
    port: Number(params['ipmi/port-ipmitool']),
    username: String(params['ipmi/username']),
    password: String(params['ipmi/password']),
  }
}

async function compare(scope: TestScope): Promise<Figures> {
  const rounds = numberOption('rounds', 300)
  const { ask, pid } = await runEndpoint(scope, ['--lab', '1'], 1)
  const uuid = await labMachine(ask)
  const target = await bmcOf(ask, uuid)
  const client = new IpmiClient()
  scope.teardown(() => client.close())
  const bare = () => client.run(target, (session) => session.send(getChassisStatus))
  const connection = client.open(target)
  const kept = () => connection.run((session) => session.send(getChassisStatus))
  const action = () => ask('POST', `machines/${uuid}/actions/powerstatus`, {})
  const runs: { bare: number; kept: number; action: number }[] = []
  let before = 0
  for (let round = -30; round < rounds; round++) {
    if (round === 0) before = cpuMsOf([pid, ...descendantsOf(pid)])
    const run = { bare: await timed(bare), kept: await timed(kept), action: await timed(action) }
    // The first ones compile and learn.
    if (round >= 0) runs.push(run)
  }
  const cpuMs = cpuMsOf([pid, ...descendantsOf(pid)]) - before
  const added = runs.map((run) => run.action - run.bare)
  return {
    rounds,
    'action ms': rounded(median(runs.map((run) => run.action))),
    'bare client ms': rounded(median(runs.map((run) => run.bare))),
    'bare client in a kept session, ms': rounded(median(runs.map((run) => run.kept))),
    'added ms': rounded(median(added)),
    'added ms, 95 of 100 at most': rounded(percentile95(added)),
    'CPU ms per round: endpoint with its lab, and plugin': rounded(cpuMs / rounds),
  }
}

await report('action: powerstatus through endpoint, socket, plugin and BMC', async () => {
  const scope = openScope()
  try {
    return await compare(scope)
  } finally {
    await endScope(scope)
  }
})
