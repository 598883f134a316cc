import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { descendantsOf, signalProcess } from './process-tree.ts'
import type { TestScope } from './test-scope.ts'
import { waitUntil, within } from './wait-until.ts'

export interface StartOptions {
  readonly cwd?: string
  /** Variables to add to the environment of this process; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Text for stdin, which is then closed; default empty. */
  readonly input?: string
}

export interface ExitResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process started for a test. It leads its own process group, and the scope's end kills it. */
export interface ChildProcessHandle {
  readonly pid: number
  /** Output so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  readonly exited: Promise<ExitResult>
  kill(signal: NodeJS.Signals): void
  /** Sends the signal to the whole group, like a terminal. */
  killGroup(signal: NodeJS.Signals): void
  /**
   * Waits for the first match in stdout or stderr, by default 20,000 ms. Throws if the process ends or the time passes.
   */
  waitForOutput(
    pattern: RegExp,
    options?: { stream?: 'stdout' | 'stderr'; timeoutMs?: number },
  ): Promise<RegExpExecArray>
  /** Kills the process and all its descendants with SIGKILL, and waits for its end. */
  end(): Promise<void>
}

/** Living process groups. They are killed when this process exits, since an interrupted test cannot end its scope. */
const groups = new Set<number>()
process.on('exit', () => {
  for (const pid of groups) signalProcess(-pid, 'SIGKILL')
})

/** Starts a program. The scope's end kills it and all its descendants. Throws if it cannot be started. */
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
  // A program that does not read its stdin causes EPIPE, which is no failure.
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

/**
 * Lists the descendants before it kills, because an orphan has lost the link to its parent. A process that has ended has
 * no descendants, only its group: reading all of /proc for each would take longer than most programs run.
 */
async function endTree(child: ChildProcess, pid: number, exited: Promise<ExitResult>): Promise<void> {
  const isAlive = child.exitCode === null && child.signalCode === null
  const descendants = isAlive ? descendantsOf(pid) : []
  signalProcess(-pid, 'SIGKILL')
  for (const descendant of descendants) signalProcess(descendant, 'SIGKILL')
  if (isAlive) await within('a killed process to end', exited)
}
