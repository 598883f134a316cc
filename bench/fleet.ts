import { descendantsOf, endScope, freeUdpPort, openScope, type TestScope, waitUntil } from '@powerbus/testkit'
import { cpuMsOf } from './cpu-time.ts'
import { runEndpoint } from './endpoint-process.ts'
import { executable } from './executables.ts'
import { startLab } from './lab-process.ts'
import { measuredRun } from './measured-run.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

/** Machines that are made side by side. */
const MAKERS = 16
/** Longer than ipmi/keep-session. */
const IDLE_MS = 6000

interface Run {
  readonly elapsedMs: number
  /** Of the command line, and of endpoint and plugin together. */
  readonly cliCpuMs: number
  readonly cpuMs: number
}

/** Starts lab, endpoint and plugin. Gives what runs `powerbus status --all` once. */
async function startFleet(scope: TestScope, count: number): Promise<() => Promise<Run>> {
  const bmcs = await startLab(scope, count, '127.4.0.1', await freeUdpPort())
  const { ask, pid, env } = await runEndpoint(scope, ['--no-lab'], MAKERS)
  const left = bmcs.map(({ address, port, username, password }, index) => ({
    Name: `node-${index}`,
    Params: {
      'ipmi/address': address,
      'ipmi/port-ipmitool': port,
      'ipmi/username': username,
      'ipmi/password': password,
    },
  }))
  await waitUntil('the plugin', async () =>
    JSON.stringify(await ask('GET', 'plugin_providers')).includes('powerstatus'),
  )
  const make = async () => {
    for (let machine = left.pop(); machine; machine = left.pop()) await ask('POST', 'machines', machine)
  }
  await Promise.all(Array.from({ length: MAKERS }, make))
  Object.assign(process.env, env)
  return async () => {
    const pids = [pid, ...descendantsOf(pid)]
    const before = cpuMsOf(pids)
    const run = await measuredRun(executable('bin/powerbus'), ['status', '--all', '--json'])
    const answered = run.stdout.match(/"ok":true/g)?.length ?? 0
    if (answered !== count) throw new Error(`${answered} of ${count} machines answered:\n${run.stderr}`)
    return { elapsedMs: run.elapsedMs, cliCpuMs: run.cpuMs, cpuMs: cpuMsOf(pids) - before }
  }
}

function figuresOf(name: string, count: number, runs: readonly Run[]): [string, number][] {
  return [
    [`${name}, s`, rounded(median(runs.map(({ elapsedMs }) => elapsedMs)) / 1000, 2)],
    [`${name}, CPU ms per machine: endpoint and plugin`, rounded(median(runs.map(({ cpuMs }) => cpuMs)) / count, 2)],
    [`${name}, CPU ms per machine: command`, rounded(median(runs.map(({ cliCpuMs }) => cliCpuMs)) / count, 2)],
  ]
}

async function measure(scope: TestScope): Promise<Figures> {
  const count = numberOption('count', 1000)
  const rounds = numberOption('rounds', 5)
  const status = await startFleet(scope, count)
  const first = await status()
  // Compiles and learns.
  for (let round = 0; round < 2; round += 1) await status()
  const kept: Run[] = []
  const cold: Run[] = []
  for (let round = 0; round < rounds; round += 1) {
    kept.push(await status())
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    cold.push(await status())
  }
  return {
    machines: count,
    rounds,
    ...Object.fromEntries([
      ...figuresOf('first of all', count, [first]),
      ...figuresOf('sessions to open', count, cold),
      ...figuresOf('sessions kept', count, kept),
    ]),
  }
}

await report('fleet: powerbus status --all through endpoint and plugin', async () => {
  const scope = openScope()
  try {
    return await measure(scope)
  } finally {
    await endScope(scope)
  }
})
