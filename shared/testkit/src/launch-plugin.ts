import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { type RunOptions, runProgram } from './run-program.ts'
import { type ChildProcessHandle, startProcess } from './start-process.ts'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'
import { type UnixAnswer, unixRequest } from './unix-request.ts'

/** One request of a plugin to its endpoint: `log`, `publish`, `leaving` or `objects/PREFIX`, with its decoded body. */
export interface PluginMessage {
  readonly path: string
  readonly body: unknown
}

export interface LaunchPluginOptions {
  readonly env?: Readonly<Record<string, string>>
  /** As after its end: it is known already, so there is no define and no unpack, and `manifest` is empty. */
  readonly again?: boolean
}

export interface LaunchedPlugin {
  readonly process: ChildProcessHandle
  readonly manifest: Readonly<Record<string, unknown>>
  readonly toPath: string
  readonly fromPath: string
  /** Folder that `unpack` filled. */
  readonly unpacked: string
  readonly received: readonly PluginMessage[]
  config(params: Readonly<Record<string, unknown>>): Promise<UnixAnswer>
  action(action: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<UnixAnswer>
  post(path: string, body: unknown, timeoutMs?: number): Promise<UnixAnswer>
  /** Closes the endpoint's socket, as an endpoint that died does. */
  closeEndpoint(): Promise<void>
}

/**
 * Launches an executable as a DRP endpoint does: define, unpack into an empty folder, listen with two UNIX sockets, and
 * READY! awaited for 20 s. `config` is left to the caller. At the end of the scope plugin and sockets are gone.
 */
export async function launchPlugin(
  scope: TestScope,
  executable: string,
  { env = {}, again = false }: LaunchPluginOptions = {},
): Promise<LaunchedPlugin> {
  const folder = tempFolder(scope)
  const scratch = join(folder, 'scratch')
  mkdirSync(scratch)
  const unpacked = join(folder, 'files')
  const [toPath, fromPath] = [join(folder, 'to'), join(folder, 'from')]
  const environment = {
    RS_ENDPOINT: 'https://127.0.0.1:9',
    RS_TOKEN: 'none',
    RS_FILESERVER: '',
    RS_WEBROOT: '',
    ...env,
  }
  const options = { cwd: scratch, env: environment }

  const manifest = again ? {} : await defineAndUnpack(executable, unpacked, options)
  const received: PluginMessage[] = []
  const server = endpointSide(received)
  server.listen(fromPath)
  await once(server, 'listening')
  const closeEndpoint = () => closeServer(server)
  scope.teardown(closeEndpoint)
  const child = await startProcess(scope, executable, ['listen', toPath, fromPath], options)
  await child.waitForOutput(/^READY!$/m)
  const post = (path: string, body: unknown, timeoutMs = 60_000) =>
    unixRequest({ socketPath: toPath, path, body, timeoutMs })
  return {
    process: child,
    manifest,
    toPath,
    fromPath,
    unpacked,
    received,
    post,
    config: (params) => post('/api-plugin/v4/config', params),
    action: (action, timeoutMs) => post('/api-plugin/v4/action', action, timeoutMs),
    closeEndpoint,
  }
}

async function defineAndUnpack(
  executable: string,
  unpacked: string,
  options: RunOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const defined = await runProgram(executable, ['define'], options)
  if (defined.code !== 0) throw new Error(`define ended with ${defined.code}:\n${defined.stderr}`)
  const unpack = await runProgram(executable, ['unpack', unpacked], options)
  if (unpack.code !== 0) throw new Error(`unpack ended with ${unpack.code}:\n${unpack.stderr}`)
  return JSON.parse(defined.stdout)
}

const BASE = '/api-server-plugin/v4/'

function endpointSide(received: PluginMessage[]): Server {
  return createServer((incoming, answer) => {
    void bodyOf(incoming).then((text) => {
      const path = (incoming.url ?? '').replace(BASE, '')
      received.push({ path, body: text === '' ? undefined : JSON.parse(text) })
      answer.writeHead(200, { 'content-type': 'application/json' })
      answer.end(path.startsWith('objects/') ? '[]' : '{"Code":200,"Messages":[]}')
    })
  })
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
