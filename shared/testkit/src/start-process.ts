import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { descendantsOf, signalProcess } from './process-tree.ts'
import type { TestScope } from './test-scope.ts'
import { waitUntil, within } from './wait-until.ts'

export interface StartOptions {
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Text for its stdin, which is then closed; without it stdin is empty. */
  readonly input?: string
}

export interface ExitResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that was started for a test. It heads a process group of its own, and does not outlive the scope. */
export interface ChildProcessHandle {
  readonly pid: number
  /** All it has printed so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  readonly exited: Promise<ExitResult>
  kill(signal: NodeJS.Signals): void
  /** Sends the signal as a terminal does, to the whole group. */
  killGroup(signal: NodeJS.Signals): void
  /** The first match in stdout (or stderr); throws when it ends or the time passes before that. */
  waitForOutput(
    pattern: RegExp,
    options?: { stream?: 'stdout' | 'stderr'; timeoutMs?: number },
  ): Promise<RegExpExecArray>
  /** SIGKILL to it and all its descendants, and waits until it has ended. */
  end(): Promise<void>
}

/** Process groups of this process that have not ended: a test that is cut short has no time to end its scope. */
const groups = new Set<number>()
process.on('exit', () => {
  for (const pid of groups) signalProcess(-pid, 'SIGKILL')
})

/** Starts a program; at the end of the scope it and every descendant are killed. Throws when it cannot be started. */
export async function startProcess(
  scope: TestScope,
  command: string,
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<ChildProcessHandle> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
    detached: true,
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  // A program that never reads its stdin closes it (EPIPE); how it ended tells more.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(options.input ?? '')
  await once(child, 'spawn')
  const exited = once(child, 'close').then(([code, signal]): ExitResult => ({ code, signal }))
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} has no process id`)
  groups.add(pid)
  const end = async (): Promise<void> => {
    await endTree(child, pid, exited)
    groups.delete(pid)
  }
  scope.teardown(end)
  return {
    pid,
    output,
    exited,
    kill: (signal) => void signalProcess(pid, signal),
    killGroup: (signal) => void signalProcess(-pid, signal),
    waitForOutput: (pattern, { stream = 'stdout', timeoutMs = 20_000 } = {}) =>
      waitUntil(
        `${pattern} on ${stream} of ${command}`,
        () => {
          const found = pattern.exec(output[stream])
          if (!found && (child.exitCode !== null || child.signalCode !== null)) {
            throw new Error(`${command} ended before it printed ${pattern}:\n${output.stdout}\n${output.stderr}`)
          }
          return found
        },
        { timeoutMs },
      ),
    end,
  }
}

/** Descendants are listed before their parents die: an orphan is no longer known to be one. */
async function endTree(child: ChildProcess, pid: number, exited: Promise<ExitResult>): Promise<void> {
  const descendants = descendantsOf(pid)
  signalProcess(-pid, 'SIGKILL')
  for (const descendant of descendants) signalProcess(descendant, 'SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await within('a killed process to end', exited)
}
