import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundledProgram } from '@powerbus/testkit'
import type { RackTarget } from './rack.ts'

export interface StatusOptions {
  readonly by: 'client' | 'bare'
  readonly targets: readonly RackTarget[]
  readonly warmRounds: number
  /** One more BMC, which accepts connections and says nothing. */
  readonly hung?: { readonly target: RackTarget; readonly timeoutMs: number }
}

export interface StatusRound {
  readonly ms: number
  readonly cpuMs: number
}

export interface StatusRun {
  readonly cold: StatusRound
  readonly warm: readonly StatusRound[]
  /** High-water mark of the process's memory. */
  readonly peakKib: number
  readonly livingMs?: number
  readonly hungMs?: number
}

/** What reads the power state of one BMC after the other, and closes all sessions. */
export interface StatusReader {
  readonly status: (target: RackTarget, timeoutMs: number) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Runs the rounds in a process of its own. Throws when a BMC does not answer. */
export async function runStatus(options: StatusOptions): Promise<StatusRun> {
  const script = bundledProgram(join(import.meta.dirname, 'status-process.ts'))
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 300_000 })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stdin.end(JSON.stringify(options))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the status process ended with ${code}`)
  return JSON.parse(output)
}
