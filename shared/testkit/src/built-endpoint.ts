import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DrpClient } from '@powerbus/drp'
import { builtExecutable } from './built-executable.ts'
import { type ChildProcessHandle, startProcess } from './start-process.ts'
import type { TestScope } from './test-scope.ts'

export interface BuiltEndpoint {
  readonly url: string
  /** Operator token for the API. */
  readonly token: string
  /** The only certificate to trust (PEM). */
  readonly certificate: string
  readonly process: ChildProcessHandle
  /** A client of its API. */
  readonly drp: DrpClient
}

/** Starts the built endpoint on a free port with the plugins of a folder, without a lab. The scope's end kills it. */
export async function startBuiltEndpoint(scope: TestScope, state: string, pluginDir: string): Promise<BuiltEndpoint> {
  // The folder of its sockets is inside `state`, so that nothing is left behind even after a kill.
  const env = { TMPDIR: state, NATS_URL: undefined, REDIS_URL: undefined, NODE_OPTIONS: undefined }
  const args = ['up', '--no-lab', '--port', '0', '--state', state, '--plugins', pluginDir]
  const process = await startProcess(scope, builtExecutable('bin/powerbus'), args, { env })
  await process.waitForOutput(/Ctrl-C stops/, { timeoutMs: 90_000 })
  const { url, token, certificate } = JSON.parse(readFileSync(join(state, 'endpoint.json'), 'utf8')) as Record<
    string,
    string
  >
  if (url === undefined || token === undefined || certificate === undefined)
    throw new Error('endpoint.json has no url, token or certificate')
  const { DrpClient: Client } = await import('@powerbus/drp')
  const drp = new Client({ endpoint: url, token })
  scope.teardown(() => drp.close())
  return { url, token, certificate, process, drp }
}
