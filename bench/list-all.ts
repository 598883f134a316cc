import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import {
  bundledProgram,
  endScope,
  openScope,
  startProcess,
  type TestScope,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'
import { runEndpoint } from './endpoint-process.ts'
import { MAKERS, makeMachines } from './make-machines.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

/** Answers under way at a time, for the memory of each. */
const SLOW = 20
const KIB = 1024

function machine(number: number) {
  const Name = `node-${String(number).padStart(5, '0')}`
  const address = `192.0.${2 + Math.floor(number / 250)}.${number % 250}`
  const Params = { 'ipmi/address': address, 'ipmi/username': 'admin', 'bench/tags': ['a', 'b'] }
  return { Name, Address: address, Description: `node ${number} of the bench`, Meta: { unit: `${number}` }, Params }
}

/** Time until the last byte, and the bytes where they are wanted. */
function get(agent: Agent, url: string, token: string, parts?: Buffer[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
    const asked = request(url, { agent, headers, timeout: 60_000 }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`GET ${url}: ${answer.statusCode}`))
      answer.on('data', (part: Buffer) => void parts?.push(part))
      answer.on('end', () => resolve(performance.now() - start))
      answer.on('error', reject)
    })
    asked.on('timeout', () => asked.destroy(new Error(`GET ${url}: no byte for a minute`)))
    asked.on('error', reject)
    asked.end()
  })
}

/** Resident memory of a process in KiB; 0 where there is no /proc. */
function residentKib(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Most that the process grows while so many clients read one list, each a part of it and then no more for a second. */
async function growthKib(pid: number, url: string, token: string): Promise<number> {
  const before = residentKib(pid)
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, residentKib(pid))
  }, 5)
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` }
      const asked = request(url, { agent: false, rejectUnauthorized: false, headers }, (answer) => {
        answer.pause()
        setTimeout(() => answer.resume(), 1000)
        answer.on('data', () => undefined)
        answer.on('end', resolve)
      })
      asked.on('error', reject)
      asked.end()
    })
  await Promise.all(Array.from({ length: SLOW }, one))
  clearInterval(watch)
  return most - before
}

async function compare(scope: TestScope): Promise<Figures> {
  const rounds = numberOption('rounds', 40)
  const count = numberOption('count', 10_000)
  const { ask, pid, env, state } = await runEndpoint(scope, ['--lab', '1'], MAKERS)
  await makeMachines(ask, count, machine)
  const url = `${env.RS_ENDPOINT}/api/v3/machines`
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  scope.teardown(() => agent.destroy())
  const aggregated = `${url}?aggregate=true`
  /** A bare route with the bytes that the endpoint answers there. */
  const bareRoute = async (path: string) => {
    const parts: Buffer[] = []
    await get(agent, path, env.RS_TOKEN, parts)
    const file = join(tempFolder(scope), 'list.json')
    writeFileSync(file, Buffer.concat(parts))
    const script = bundledProgram(join(import.meta.dirname, 'plain-list.ts'))
    const server = await startProcess(scope, process.execPath, [script, file, join(state, 'tls.pem')])
    const port = await waitUntil('the bare route', () => /port (\d+)/.exec(server.output.stdout)?.[1])
    return { url: `https://127.0.0.1:${port}/`, bytes: statSync(file).size }
  }
  const plain = await bareRoute(url)
  const whole = await bareRoute(aggregated)
  const runs: { ours: number; bare: number; whole: number; bareWhole: number }[] = []
  for (let round = -10; round < rounds; round += 1) {
    const run = {
      ours: await get(agent, url, env.RS_TOKEN),
      bare: await get(agent, plain.url, ''),
      whole: await get(agent, aggregated, env.RS_TOKEN),
      bareWhole: await get(agent, whole.url, ''),
    }
    // The first ones compile, and keep the text of each machine.
    if (round >= 0) runs.push(run)
  }
  const [oursMs, bareMs] = [median(runs.map((run) => run.ours)), median(runs.map((run) => run.bare))]
  const grown = await growthKib(pid, url, env.RS_TOKEN)
  const again = await growthKib(pid, url, env.RS_TOKEN)
  return {
    rounds,
    machines: count,
    'bytes, MB': rounded(plain.bytes / 1e6),
    'GET machines, ms': rounded(oursMs),
    'the same bytes from a bare fastify route, ms': rounded(bareMs),
    'ratio (goal: at most 1.5)': rounded(median(runs.map((run) => run.ours / run.bare))),
    'with the effective params, MB': rounded(whole.bytes / 1e6),
    'with the effective params, ms': rounded(median(runs.map((run) => run.whole))),
    'ratio to the same bytes of a bare route': rounded(median(runs.map((run) => run.whole / run.bareWhole))),
    'memory of the endpoint, MiB': rounded(residentKib(pid) / KIB),
    [`growth while ${SLOW} clients read slowly, MiB`]: `${rounded(grown / KIB)}, then ${rounded(again / KIB)}`,
    'growth for each of them, of the bytes of the answer': rounded((again * KIB) / SLOW / plain.bytes),
  }
}

await report('list-all: all machines in one answer', async () => {
  const scope = openScope()
  try {
    return await compare(scope)
  } finally {
    await endScope(scope)
  }
})
