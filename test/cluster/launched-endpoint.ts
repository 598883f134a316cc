import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import {
  builtExecutable,
  type ChildProcessHandle,
  startProcess,
  type TestScope,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'

const program = builtExecutable('bin/powerbus')

export interface Answer {
  readonly status: number
  /** Parsed JSON. */
  readonly body: unknown
}

export interface AskOptions {
  readonly requestId?: string
  /** Milliseconds after which the request is called off; 30 000. */
  readonly timeoutMs?: number
}

export interface EndpointProcess {
  readonly process: ChildProcessHandle
  readonly url: string
  readonly token: string
  /** Asks its API below /api/v3/. Rejects where no answer comes. */
  ask(method: string, path: string, body?: unknown, options?: AskOptions): Promise<Answer>
}

/** Runs `powerbus up` without a lab and without plugins of its own, and waits until its API answers. */
export async function startEndpointProcess(scope: TestScope, env: Record<string, string>): Promise<EndpointProcess> {
  const [state, plugins] = [tempFolder(scope), tempFolder(scope)]
  const args = ['up', '--no-lab', '--port', '0', '--state', state, '--plugins', plugins]
  // Its folder for sockets goes with the state, however it ends.
  const child = await startProcess(scope, program, args, { env: { ...env, XDG_RUNTIME_DIR: state } })
  await child.waitForOutput(/^endpoint +https:/m, { timeoutMs: 30_000 })
  const { url, token, certificate: ca } = JSON.parse(readFileSync(join(state, 'endpoint.json'), 'utf8'))
  const agent = new Agent({ keepAlive: true, maxSockets: 512, ca })
  scope.teardown(() => agent.destroy())
  const ask: EndpointProcess['ask'] = (method, path, body, { requestId, timeoutMs = 30_000 } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(requestId && { 'x-request-id': requestId }),
      }
      const signal = AbortSignal.timeout(timeoutMs)
      const outgoing = request(new URL(`/api/v3/${path}`, url), { agent, method, headers, signal }, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('error', reject)
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return { process: child, url, token, ask }
}

/** The parsed body. Throws where the status is not 2xx. */
export async function successOf(answering: Promise<Answer>): Promise<unknown> {
  const { status, body } = await answering
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

/** Waits until the endpoint has replicas of the plugin to send actions to. */
export async function pluginReady({ ask }: EndpointProcess, plugin: string): Promise<void> {
  await waitUntil(
    `plugin ${plugin} on the bus`,
    async () => {
      const { status, body } = await ask('GET', `plugins/${plugin}`)
      return status === 200 && (body as { Available: boolean }).Available
    },
    { timeoutMs: 30_000, intervalMs: 100 },
  )
}
