import { type ExitResult, type StartOptions, startProcess } from './start-process.ts'
import { endScope, openScope } from './test-scope.ts'
import { within } from './wait-until.ts'

export interface RunOptions extends StartOptions {
  /**
   * Longest run in milliseconds; default 30,000. After it all processes of the program are killed and an error is
   * thrown.
   */
  readonly timeoutMs?: number
}

export interface FinishedProgram extends ExitResult {
  readonly stdout: string
  readonly stderr: string
  /** Duration of the run, in milliseconds. */
  readonly elapsedMs: number
}

/** Runs a program to its end, with any exit code. Throws if it cannot be started or takes too long. */
export async function runProgram(
  command: string,
  args: readonly string[] = [],
  { timeoutMs = 30_000, ...options }: RunOptions = {},
): Promise<FinishedProgram> {
  const scope = openScope()
  try {
    const start = performance.now()
    const child = await startProcess(scope, command, args, options)
    const result = await within(`${command} ${args.join(' ')}`, child.exited, timeoutMs)
    return { ...result, ...child.output, elapsedMs: performance.now() - start }
  } finally {
    await endScope(scope)
  }
}
