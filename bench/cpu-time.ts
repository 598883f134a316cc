import { readFileSync } from 'node:fs'

/** The kernel's clock ticks per second, the same on every Linux that Node runs on. */
const TICKS = 100

/** User and system time of these living processes together, in milliseconds, to 10 ms; NaN where there is no /proc. */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMsOfOne(pid), 0)
}

function cpuMsOfOne(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The program's name is in brackets; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}
