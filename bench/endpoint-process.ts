import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { startProcess, type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { executable } from './executables.ts'

/** A running endpoint, asked over connections that are kept. Throws on any status but 2xx. */
export type AskEndpoint = (method: string, path: string, body?: unknown) => Promise<unknown>

interface Connection {
  readonly url: string
  readonly token: string
  readonly certificate?: string
}

export interface RunningEndpoint {
  readonly ask: AskEndpoint
  readonly pid: number
  /** Its state folder. */
  readonly state: string
  /** For the command line of an operator. */
  readonly env: { readonly RS_ENDPOINT: string; readonly RS_TOKEN: string }
}

/**
 * Starts `powerbus up` with a lab of so many machines on a free port and a state folder of its own, asked over at most
 * so many connections.
 */
export async function startEndpoint(scope: TestScope, labMachines: number, connections = 1): Promise<AskEndpoint> {
  return (await runEndpoint(scope, ['--lab', String(labMachines)], connections)).ask
}

/** As `startEndpoint`, with these options of `powerbus up`. */
export async function runEndpoint(
  scope: TestScope,
  options: readonly string[],
  connections: number,
): Promise<RunningEndpoint> {
  const state = tempFolder(scope)
  const up = ['up', ...options, '--port', '0', '--state', state]
  // Its folder for sockets goes with the state, however it ends.
  const child = await startProcess(scope, executable('bin/powerbus'), up, { env: { XDG_RUNTIME_DIR: state } })
  const file = join(state, 'endpoint.json')
  const connection = await waitUntil('the endpoint to say where it is', () => readConnection(file, child), {
    timeoutMs: 60_000,
  })
  const agent = new Agent({
    keepAlive: true,
    maxSockets: connections,
    ...(connection.certificate === undefined ? { rejectUnauthorized: false } : { ca: connection.certificate }),
  })
  scope.teardown(() => agent.destroy())
  return {
    ask: (method, path, body) => ask(agent, connection, method, path, body),
    pid: child.pid,
    state,
    env: { RS_ENDPOINT: connection.url, RS_TOKEN: connection.token },
  }
}

function readConnection(file: string, child: { output: { stderr: string } }): Connection | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`the endpoint's file cannot be read:\n${child.output.stderr}`, { cause: error })
  }
}

function ask(agent: Agent, { url, token }: Connection, method: string, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' }
    const outgoing = request(
      new URL(`/api/v3/${path}`, url),
      { agent, method, headers, signal: AbortSignal.timeout(60_000) },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('error', reject)
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          if ((incoming.statusCode ?? 0) < 300) resolve(JSON.parse(text))
          else reject(new Error(`${method} ${path}: ${incoming.statusCode} ${text}`))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
