import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { startEndpoint } from '@powerbus/endpoint'
import { httpsRequests, type TestScope, tempFolder } from '@powerbus/testkit'
import { pino } from 'pino'
import { Output } from '../src/output.ts'
import { buildProgram } from '../src/program.ts'
import { reportError } from '../src/report-error.ts'
import type { BuiltCommand } from './built-command.ts'

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  /** What the command threw. */
  readonly error?: Error
  readonly code: number
}

export interface CommandLine {
  readonly folder: string
  run(...args: readonly string[]): Promise<Ran>
  /** A request to the API, with drpcli's headers; the answer as text. Throws an Error for a refusal. */
  ask(method: string, path: string, body?: unknown, encoding?: BufferEncoding): Promise<string>
}

/** An endpoint in this process, and its command line. It sets RS_ENDPOINT and RS_TOKEN of this process. */
export async function startCommandLine(
  scope: TestScope,
  prepare: (pluginDir: string) => void = () => undefined,
): Promise<CommandLine> {
  const folder = tempFolder(scope)
  const [stateDir, pluginDir] = [join(folder, 'state'), join(folder, 'plugins')]
  prepare(pluginDir)
  const endpoint = await startEndpoint({ port: 0, stateDir, pluginDir, log: pino({ level: 'silent' }) })
  scope.teardown(() => endpoint.stop())
  const { token, certificate } = JSON.parse(readFileSync(join(stateDir, 'endpoint.json'), 'utf8'))
  Object.assign(process.env, { RS_ENDPOINT: endpoint.url, RS_TOKEN: token })
  const send = httpsRequests(scope, endpoint.url, certificate)
  return {
    folder,
    run: runCommandLine,
    async ask(method, path, body, encoding = 'utf8') {
      const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json'
      const answer = await send(method, `/api/v3/${path}`, {
        headers: {
          accept: 'application/json',
          'cache-control': 'no-store',
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': type }),
        },
        body: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      })
      const text = answer.bytes.toString(encoding)
      if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return text
    },
  }
}

/** Runs commands in this process as the built command does: with its folders, set in the environment of this process. */
export function inProcess({ env }: Pick<BuiltCommand, 'env'>): typeof runCommandLine {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  return runCommandLine
}

/** Runs a command in this process, with its environment; never two at a time, since its stderr is this process's. */
export async function runCommandLine(...args: readonly string[]): Promise<Ran> {
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
  let code = 0
  try {
    await (await buildProgram(args, output)).parseAsync(args, { from: 'user' })
  } catch (thrown) {
    error = thrown
    code = reportError(thrown)
  } finally {
    process.stderr.write = write
  }
  await output.flush()
  stream.end()
  if (error !== undefined && !(error instanceof Error)) throw error
  return { stdout: await stdout, stderr, code, ...(error && { error }) }
}
