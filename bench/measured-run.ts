import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface MeasuredRun {
  readonly elapsedMs: number
  /** High-water mark of its resident memory in KiB, read every 5 ms until it ends; 0 where there is no /proc. */
  readonly peakKib: number
  readonly stdout: string
}

const DEADLINE_MS = 120_000

/** Runs a program from start to end. Throws when it fails or takes more than two minutes; `codes` are those that are no failure. */
export async function measuredRun(
  command: string,
  args: readonly string[],
  { codes = [0] }: { codes?: readonly number[] } = {},
): Promise<MeasuredRun> {
  const start = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: DEADLINE_MS, killSignal: 'SIGKILL' })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  let peakKib = 0
  const watch = setInterval(() => {
    peakKib = Math.max(peakKib, peakOf(child.pid))
  }, 5)
  try {
    await once(child, 'close')
  } finally {
    clearInterval(watch)
  }
  const elapsedMs = performance.now() - start
  if (child.exitCode === null || !codes.includes(child.exitCode)) {
    throw new Error(`${command} ended with ${child.exitCode ?? child.signalCode}:\n${output.stderr}`)
  }
  return { elapsedMs, peakKib, stdout: output.stdout }
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return 0
    throw error
  }
}
