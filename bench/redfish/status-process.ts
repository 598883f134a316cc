/**
 * The power state of all BMCs at once, by one client in a process of its own: `status-process.ts OPTIONS`, JSON of
 * StatusOptions; prints that of StatusRun. One round with new connections and sessions, then some with those.
 */
import { readFileSync } from 'node:fs'
import { bareStatus } from './bare-status.ts'
import { clientStatus } from './client-status.ts'
import type { StatusOptions, StatusRun } from './status.ts'

const { by, targets, warmRounds, hung }: StatusOptions = JSON.parse(readFileSync(0, 'utf8'))
const { status, close } = by === 'client' ? clientStatus() : bareStatus()

async function round(): Promise<{ ms: number; cpuMs: number }> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const states = await Promise.all(targets.map((target) => status(target, 60_000)))
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const wrong = states.filter((state) => state !== 'On').length
  if (wrong > 0) throw new Error(`${wrong} of ${targets.length} BMCs gave no power state`)
  return { ms, cpuMs: (user + system) / 1000 }
}

const cold = await round()
const warm = []
for (let count = 0; count < warmRounds; count += 1) warm.push(await round())

/** When the last living BMC answered, and when the hung one had failed. */
async function withHung(): Promise<Pick<StatusRun, 'livingMs' | 'hungMs'>> {
  if (!hung) return {}
  const start = performance.now()
  const since = () => performance.now() - start
  const failed = status(hung.target, hung.timeoutMs).then(
    () => Promise.reject(new Error('a BMC that hangs answered')),
    () => since(),
  )
  const living = Promise.all(targets.map((target) => status(target, 60_000))).then(since)
  const [hungMs, livingMs] = await Promise.all([failed, living])
  return { hungMs, livingMs }
}

const extra = await withHung()
const peakKib = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
await close()
const run: StatusRun = { cold, warm, peakKib, ...extra }
process.stdout.write(JSON.stringify(run))
