/** Sweeps by the client alone in a warm process: `warm-process.ts OPTIONS`, JSON of WarmOptions; prints that of WarmRun[]. */
import { getChassisStatus, IpmiClient, type Target } from 'node-ipmi'
import { login } from './programs.ts'
import { udpFloor } from './udp-floor.ts'
import type { WarmOptions, WarmRun } from './warm.ts'

const options: WarmOptions = JSON.parse(process.argv[2] ?? '{}')
const targets = options.addresses.map(
  (address): Target => ({ address, port: options.port, cipherSuite: 3, privilege: 'user', ...login }),
)

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

/** A session with each BMC from its opening to the answer of Close Session. */
async function coldSweep(): Promise<void> {
  const client = new IpmiClient()
  await Promise.all(targets.map((target) => client.run(target, (session) => session.send(getChassisStatus))))
  await client.close()
}

/** Datagrams per BMC, both directions, of a status on sessions that are open. */
async function warmStatus(): Promise<{ ms: number; datagrams: number }> {
  const client = new IpmiClient()
  const connections = targets.map((target) => client.open(target))
  const ask = () =>
    Promise.all(connections.map((connection) => connection.run((session) => session.send(getChassisStatus))))
  await ask()
  const seen = () => client.counters.datagramsSent + client.counters.datagramsReceived
  const before = seen()
  const ms = await timed(ask)
  const datagrams = (seen() - before) / targets.length
  for (const connection of connections) connection.close()
  await client.close()
  return { ms, datagrams }
}

const runs: WarmRun[] = []
for (let round = -3; round < options.rounds; round++) {
  const floorMs = await timed(() => udpFloor(options.echoes, options.port))
  const coldMs = await timed(coldSweep)
  const warm = await warmStatus()
  // The first ones compile and learn.
  if (round >= 0) runs.push({ floorMs, coldMs, warmMs: warm.ms, warmDatagrams: warm.datagrams })
}
process.stdout.write(JSON.stringify(runs))
