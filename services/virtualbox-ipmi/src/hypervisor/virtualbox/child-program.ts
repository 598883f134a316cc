import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { type Deadline, leftMs } from '../calls.ts'

/** What a program may print, both streams together, in bytes. */
const OUTPUT_BYTES_MAX = 1024 * 1024
/** From the polite signal to the other one; a program has gone well within a second of its deadline. */
const GRACE_MS = 300
/** From the end of a program to the end of its pipes, which a daemon that it left behind may hold. */
const PIPES_MS = 250
/** How long the kernel may take to end a killed program, before it is said that it cannot be ended. */
const KILL_MS = 400

export interface ProgramCall {
  readonly file: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface Ended {
  readonly stdout: string
  readonly stderr: string
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** `missing`: it could not be started. All others: it was started, and may have done what it was asked. */
export type ProgramProblem = 'missing' | 'late' | 'aborted' | 'too-much-output'

export class ProgramFailure extends Error {
  readonly problem: ProgramProblem
  /** False where the program outlived its signals: it belongs to another user. */
  readonly isGone: boolean

  constructor(problem: ProgramProblem, isGone: boolean, options?: { cause?: unknown }) {
    super(problem, options)
    this.name = 'ProgramFailure'
    this.problem = problem
    this.isGone = isGone
  }
}

/**
 * Runs a program to its end, with an empty stdin and in a process group of its own. Throws a ProgramFailure where it cannot be started,
 * is not done at the deadline or prints too much; it and its group are gone then, and no zombie is left.
 */
export async function runChild(call: ProgramCall, deadline: Deadline): Promise<Ended> {
  const child = spawn(call.file, call.args, {
    env: call.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const running = new RunningChild(child)
  const timer = setTimeout(() => running.stop('late'), leftMs(deadline))
  const onAbort = () => running.stop('aborted')
  deadline.signal.addEventListener('abort', onAbort, { once: true })
  if (deadline.signal.aborted) onAbort()
  try {
    return await running.ended
  } finally {
    clearTimeout(timer)
    deadline.signal.removeEventListener('abort', onAbort)
  }
}

class RunningChild {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #chunks: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] }
  readonly #timers: NodeJS.Timeout[] = []
  #bytes = 0
  #problem: ProgramProblem | undefined
  #settle: { resolve: (ended: Ended) => void; reject: (error: Error) => void } | undefined

  constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => this.#collect(name, chunk))
    }
    child.on('error', (cause) => this.#fail(new ProgramFailure('missing', true, { cause })))
    child.on('exit', () => this.#after(PIPES_MS, () => this.#dropPipes()))
    child.on('close', (code, signal) => this.#finish(code, signal))
  }

  /** The first reason counts. */
  stop(problem: ProgramProblem): void {
    if (this.#problem !== undefined) return
    this.#problem = problem
    this.#signal('SIGTERM')
    this.#after(GRACE_MS, () => {
      this.#signal('SIGKILL')
      this.#after(KILL_MS, () => {
        this.#dropPipes()
        this.#child.unref()
        this.#fail(new ProgramFailure(problem, false))
      })
    })
  }

  #collect(name: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > OUTPUT_BYTES_MAX) this.stop('too-much-output')
    else this.#chunks[name].push(chunk)
  }

  #finish(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#problem !== undefined) {
      this.#fail(new ProgramFailure(this.#problem, true))
      return
    }
    for (const timer of this.#timers) clearTimeout(timer)
    const { stdout, stderr } = this.#chunks
    this.#settle?.resolve({ stdout: decode(stdout), stderr: decode(stderr), code, signal })
  }

  #fail(failure: ProgramFailure): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#settle?.reject(failure)
  }

  /** To its whole group, and only while its process id is still its own. */
  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      // Not ours to end (sudo runs as root), or its group has just ended: whether it has gone shows in its exit.
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EPERM' && code !== 'ESRCH') throw error
    }
  }

  #dropPipes(): void {
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }

  #after(delayMs: number, work: () => void): void {
    this.#timers.push(setTimeout(work, delayMs))
  }
}

function decode(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}
