import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { killGroup } from './kill-group.ts'

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
 * if the command fails, takes too long or prints too much; it is killed then, with all that it has started.
 */
export async function runToEnd(options: RunToEndOptions): Promise<string> {
  const { executable, parameters, folder, environment, timeoutMs, outputBytesMax } = options
  const name = `${executable} ${parameters[0] ?? ''}`
  // A group of its own, which can be killed.
  const place = { cwd: folder, env: environment, detached: true }
  // Without a free file descriptor it has no streams.
  const child: ChildProcess = spawn(executable, parameters, { ...place, stdio: ['ignore', 'pipe', 'pipe'] })
  const { stdout, stderr } = child
  let problem: string | undefined
  const kill = (what: string) => {
    problem ??= what
    killGroup(child.pid)
    stdout?.destroy()
    stderr?.destroy()
  }
  const chunks: Buffer[] = []
  let bytes = 0
  stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > outputBytesMax) kill(`printed more than ${outputBytesMax} bytes`)
  })
  let errors = ''
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_CHARACTERS_MAX)
  })
  const timer = setTimeout(() => kill(`did not return within ${timeoutMs} ms`), timeoutMs)
  const [code, signal] = await once(child, 'close')
    .catch((cause: unknown) => {
      throw new Error(`${name} could not be started: ${String(cause)}`, { cause })
    })
    .finally(() => clearTimeout(timer))
  if (problem !== undefined) throw new Error(`${name} ${problem}`)
  if (code !== 0) throw new Error(`${name} ended with ${signal ?? `code ${code}`}: ${errors.trim()}`)
  return Buffer.concat(chunks).toString()
}
