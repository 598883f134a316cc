import { execFile } from 'node:child_process'

export interface RunToEndOptions {
  readonly executable: string
  readonly parameters: readonly string[]
  readonly folder: string
  readonly environment: Record<string, string>
  readonly timeoutMs: number
  readonly outputBytesMax: number
}

const STDERR_CHARACTERS_MAX = 2000

/**
 * Runs a plugin's command that returns at once, with an empty stdin, and gives its stdout. Throws an Error that says what happened
 * if the command fails, takes too long or prints too much; it is killed then.
 */
export function runToEnd(options: RunToEndOptions): Promise<string> {
  const { executable, parameters, folder, environment, timeoutMs, outputBytesMax } = options
  const limits = { timeout: timeoutMs, maxBuffer: outputBytesMax, killSignal: 'SIGKILL' as const }
  const name = `${executable} ${parameters[0] ?? ''}`
  return new Promise((resolve, reject) => {
    const child = execFile(
      executable,
      parameters,
      { cwd: folder, env: environment, ...limits },
      (cause, out, errors) => {
        if (cause === null) return resolve(out)
        const ended = `ended with ${cause.signal ?? `code ${cause.code}`}: ${errors.slice(-STDERR_CHARACTERS_MAX).trim()}`
        if (cause.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
          reject(new Error(`${name} printed more than ${outputBytesMax} bytes`))
        else if (cause.killed) reject(new Error(`${name} did not return within ${timeoutMs} ms`))
        else if (typeof cause.code === 'string') reject(new Error(`${name} could not be started`, { cause }))
        else reject(new Error(`${name} ${ended}`))
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end()
  })
}
