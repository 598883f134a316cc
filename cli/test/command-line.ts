import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { startEndpoint } from '@powerbus/endpoint'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { pino } from 'pino'
import { Output } from '../src/output.ts'
import { buildProgram } from '../src/program.ts'

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  /** What the command threw. */
  readonly error?: Error
}

/** An endpoint in this process, and its command line. It sets RS_ENDPOINT and RS_TOKEN of this process. */
export async function startCommandLine(scope: TestScope, prepare: (pluginDir: string) => void = () => undefined) {
  const folder = tempFolder(scope)
  const [stateDir, pluginDir] = [join(folder, 'state'), join(folder, 'plugins')]
  prepare(pluginDir)
  const endpoint = await startEndpoint({ port: 0, stateDir, pluginDir, log: pino({ level: 'silent' }) })
  scope.teardown(() => endpoint.stop())
  process.env.RS_ENDPOINT = endpoint.url
  process.env.RS_TOKEN = JSON.parse(readFileSync(join(stateDir, 'endpoint.json'), 'utf8')).token
  return { folder, run: runCommandLine }
}

async function runCommandLine(...args: readonly string[]): Promise<Ran> {
  const stream = new PassThrough()
  const stdout = text(stream)
  const output = new Output(stream)
  const write = process.stderr.write
  let stderr = ''
  process.stderr.write = (chunk: string | Uint8Array) => {
    stderr += String(chunk)
    return true
  }
  let error: unknown
  try {
    await (await buildProgram(args, output)).parseAsync(args, { from: 'user' })
  } catch (thrown) {
    error = thrown
  } finally {
    process.stderr.write = write
  }
  await output.flush()
  stream.end()
  if (error !== undefined && !(error instanceof Error)) throw error
  return { stdout: await stdout, stderr, ...(error && { error }) }
}
