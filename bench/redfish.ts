import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestScope } from '@powerbus/testkit'
import { alone } from './alone.ts'
import { type Rack, startRack } from './redfish/rack.ts'
import { runStatus, type StatusOptions, type StatusRun } from './redfish/status.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

const WARM_ROUNDS = 5
const HUNG_MS = 3_000

interface Measured extends StatusRun {
  /** Requests of one BMC in the cold round, and in all warm ones, without the logout. */
  readonly requests: number
}

/** Accepts connections and says nothing. */
async function startHung(scope: TestScope): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

async function measured(rack: Rack, by: StatusOptions['by'], warmRounds: number): Promise<Measured> {
  const before = await rack.requests()
  const run = await runStatus({ by, targets: rack.targets, warmRounds })
  const logouts = rack.targets.length
  return { ...run, requests: ((await rack.requests()) - before - logouts) / rack.targets.length }
}

function warmOf(run: StatusRun): { ms: number; cpuMs: number } {
  return { ms: median(run.warm.map(({ ms }) => ms)), cpuMs: median(run.warm.map(({ cpuMs }) => cpuMs)) }
}

async function measure(scope: TestScope): Promise<Figures> {
  const count = numberOption('count', 1000)
  const rounds = numberOption('rounds', 3)
  const rack = await startRack(scope, count)
  const alike = await measured(rack, 'client', 1)
  const pairs: { client: Measured; bare: Measured }[] = []
  for (let round = 0; round < rounds; round += 1) {
    // By turns, since the racks warm up as well.
    const first = await measured(rack, round % 2 === 0 ? 'client' : 'bare', WARM_ROUNDS)
    const second = await measured(rack, round % 2 === 0 ? 'bare' : 'client', WARM_ROUNDS)
    pairs.push(round % 2 === 0 ? { client: first, bare: second } : { client: second, bare: first })
  }
  const [target] = rack.targets
  if (!target) throw new Error('no BMC')
  const port = await startHung(scope)
  const hung = { target: { ...target, address: '127.0.0.1', port }, timeoutMs: HUNG_MS }
  const beside = await runStatus({ by: 'client', targets: rack.targets, warmRounds: 1, hung })
  const of = (pick: (run: Measured) => number, by: 'client' | 'bare') => median(pairs.map((pair) => pick(pair[by])))
  const ratio = (pick: (run: Measured) => number) =>
    rounded(median(pairs.map(({ client, bare }) => pick(client) / pick(bare))))
  const line = (name: string, pick: (run: Measured) => number, digits: number): [string, string][] => [
    [name, `${rounded(of(pick, 'client'), digits)}, bare ${rounded(of(pick, 'bare'), digits)}, ratio ${ratio(pick)}`],
  ]
  return {
    bmcs: count,
    rounds,
    ...Object.fromEntries([
      ...line('cold, s (goal 1.3)', ({ cold }) => cold.ms / 1000, 2),
      ...line('cold, CPU ms per BMC', ({ cold }) => cold.cpuMs / count, 2),
      ...line('warm, s (goal 1.3)', (run) => warmOf(run).ms / 1000, 3),
      ...line('warm, CPU ms per BMC', (run) => warmOf(run).cpuMs / count, 3),
      ...line('peak of memory, MB', ({ peakKib }) => peakKib / 1024, 0),
    ]),
    'requests cold (goal 3) and warm (goal 1)': `${rounded(alike.requests - warmRequests(pairs))} and ${rounded(warmRequests(pairs))}`,
    'beside a BMC that hangs: last living, s': rounded((beside.livingMs ?? Number.NaN) / 1000, 3),
    'beside a BMC that hangs: its own deadline of 3 s, s': rounded((beside.hungMs ?? Number.NaN) / 1000, 3),
  }

  /** The same BMCs, with one warm round and with some: what is more are warm requests. */
  function warmRequests(runs: typeof pairs): number {
    return (median(runs.map(({ client }) => client.requests)) - alike.requests) / (WARM_ROUNDS - 1)
  }
}

await report('redfish', () => alone(measure))
