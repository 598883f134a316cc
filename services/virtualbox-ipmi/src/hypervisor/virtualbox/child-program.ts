import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { killGroup } from '@powerbus/plugin-sdk'
import { onAbort } from '@powerbus/turns'
import { type Deadline, leftMs } from '../calls.ts'

/** Limit of what a program prints, stdout and stderr together, in bytes. */
const OUTPUT_BYTES_MAX = 1024 * 1024
/** From SIGTERM to SIGKILL. */
const GRACE_MS = 300
/** From the end of a program to the end of its pipes, which a daemon that it started may hold. */
const PIPES_MS = 250
/** From SIGKILL until a program counts as one that cannot be ended. */
const KILL_MS = 400

export type Environment = Readonly<Record<string, string | undefined>>

export interface Ended {
  readonly stdout: string
  readonly stderr: string
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it was stopped, if it was. It may have had its effect. */
  readonly problem: ProgramProblem | undefined
  /** False where the program outlived its signals: it belongs to another user. */
  readonly isGone: boolean
}

type ProgramProblem = 'late' | 'aborted' | 'too-much-output'

/**
 * Runs a program to its end, with an empty stdin and in a process group of its own. Where it passes the deadline, is
 * aborted or prints too much, its group is killed, and no zombie is left. Rejects with the system's error where it
 * cannot be started.
 */
export async function runChild(command: readonly string[], env: Environment, deadline: Deadline): Promise<Ended> {
  const [file = '', ...args] = command
  const child: ChildProcess = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const timers: NodeJS.Timeout[] = []
  const after = (delayMs: number, work: () => void) => void timers.push(setTimeout(work, delayMs))
  const dropPipes = () => {
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
  /** Signals the whole group, and only while the process id is still the child's. */
  const kill = (signal: NodeJS.Signals) => {
    // Without effect where the program is another user's (sudo runs as root), or has just ended: its exit tells which.
    if (child.exitCode === null && child.signalCode === null) killGroup(child.pid, signal)
  }
  let off: () => void = () => undefined
  try {
    return await new Promise<Ended>((resolve, reject) => {
      let problem: ProgramProblem | undefined
      let bytes = 0
      const collected = (stream: Readable | null) => {
        const chunks: Buffer[] = []
        stream?.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > OUTPUT_BYTES_MAX) stop('too-much-output')
          else chunks.push(chunk)
        })
        return () => Buffer.concat(chunks).toString('utf8')
      }
      const stdout = collected(child.stdout)
      const stderr = collected(child.stderr)
      const end = (isGone: boolean) => {
        const { exitCode: code, signalCode: signal } = child
        resolve({ stdout: stdout(), stderr: stderr(), code, signal, problem, isGone })
      }
      /** The first problem counts. */
      const stop = (found: ProgramProblem) => {
        if (problem !== undefined) return
        problem = found
        kill('SIGTERM')
        after(GRACE_MS, () => {
          kill('SIGKILL')
          after(KILL_MS, () => {
            dropPipes()
            child.unref()
            end(false)
          })
        })
      }
      child.on('error', reject)
      child.on('exit', () => after(PIPES_MS, dropPipes))
      child.on('close', () => end(true))
      after(leftMs(deadline), () => stop('late'))
      off = onAbort(deadline.signal, () => stop('aborted'))
    })
  } finally {
    for (const timer of timers) clearTimeout(timer)
    off()
  }
}
