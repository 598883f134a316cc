import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface MeasuredRun {
  readonly elapsedMs: number
  /** User and system time of the process, in steps of 10 ms, read as the peak; 0 where there is no /proc. */
  readonly cpuMs: number
  /** High-water mark of its resident memory in KiB, read every 5 ms until it ends; 0 where there is no /proc. */
  readonly peakKib: number
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
  /** When the last match in standard output came, in milliseconds from the start; 0 without a match. */
  lastMatchMs(pattern: RegExp): number
}

const DEADLINE_MS = 120_000
/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

interface RunOptions {
  /** Exit codes that are no failure, or all. */
  readonly codes?: readonly number[] | 'any'
}

/** Runs a program from start to end. Throws when it fails or takes more than two minutes. */
export async function measuredRun(
  command: string,
  args: readonly string[],
  { codes = [0] }: RunOptions = {},
): Promise<MeasuredRun> {
  const start = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: DEADLINE_MS, killSignal: 'SIGKILL' })
  const parts: { readonly atMs: number; readonly text: string }[] = []
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => parts.push({ atMs: performance.now() - start, text }))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  let peakKib = 0
  let cpuMs = 0
  const watch = setInterval(() => {
    peakKib = Math.max(peakKib, Number(/^VmHWM:\s+(\d+) kB/m.exec(readProc(child.pid, 'status'))?.[1] ?? 0))
    cpuMs = Math.max(cpuMs, cpuOf(readProc(child.pid, 'stat')))
  }, 5)
  try {
    await once(child, 'close')
  } finally {
    clearInterval(watch)
  }
  const elapsedMs = performance.now() - start
  const { exitCode, signalCode } = child
  if (exitCode === null || (codes !== 'any' && !codes.includes(exitCode))) {
    throw new Error(`${command} ended with ${exitCode ?? signalCode}:\n${stderr}`)
  }
  const stdout = parts.map(({ text }) => text).join('')
  const lastMatchMs = (pattern: RegExp) => {
    let end = stdout.length
    for (const { atMs, text } of parts.toReversed()) {
      end -= text.length
      // A match may begin in an earlier part; the line of its end tells when it came.
      const from = stdout.lastIndexOf('\n', end - 1) + 1
      if (pattern.test(stdout.slice(from, end + text.length))) return atMs
    }
    return 0
  }
  return { elapsedMs, cpuMs, peakKib, stdout, stderr, exitCode, lastMatchMs }
}

function readProc(pid: number | undefined, name: 'status' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return ''
    throw error
  }
}

/** From utime and stime, the 14th and 15th field; the 2nd, the name in brackets, may have blanks. */
function cpuOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 1000) / TICKS_PER_SECOND
}
