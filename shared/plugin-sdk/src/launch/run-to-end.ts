import { spawn } from 'node:child_process'
import { once } from 'node:events'

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
 * Runs a plugin's command that returns at once, and gives its stdout. Throws an Error that says what happened where it
 * fails, takes too long or prints too much; the child is gone then.
 */
export async function runToEnd(options: RunToEndOptions): Promise<string> {
  const child = spawn(options.executable, options.parameters, {
    cwd: options.folder,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let problem: string | undefined
  const end = (reason: string) => {
    problem ??= reason
    child.kill('SIGKILL')
    // A grandchild may hold the pipes open for ever.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const chunks: Buffer[] = []
  let size = 0
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > options.outputBytesMax) end(`printed more than ${options.outputBytesMax} bytes`)
    else chunks.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_CHARACTERS_MAX)
  })
  const timer = setTimeout(() => end(`did not return within ${options.timeoutMs} ms`), options.timeoutMs)
  const name = `${options.executable} ${options.parameters[0] ?? ''}`
  try {
    const [code, signal] = await once(child, 'close')
    if (problem === undefined && code !== 0) problem = `ended with ${signal ?? `code ${code}`}: ${stderr.trim()}`
  } catch (cause) {
    throw new Error(`${name} could not be started`, { cause })
  } finally {
    clearTimeout(timer)
  }
  if (problem !== undefined) throw new Error(`${name} ${problem}`)
  return Buffer.concat(chunks).toString('utf8')
}
