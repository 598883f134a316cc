import { chmodSync, mkdirSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { type ChildProcessHandle, startProcess } from './start-process.ts'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'
import { type UnixAnswer, unixRequest } from './unix-request.ts'

/**
 * A request of a plugin to its endpoint: path `log`, `publish`, `leaving` or `objects/PREFIX`, and decoded body, which
 * has only the fields that the contract knows.
 */
export interface PluginMessage {
  readonly path: string
  readonly body: unknown
}

export interface LaunchPluginOptions {
  readonly env?: Readonly<Record<string, string>>
  /** True: a restart of a known plugin, without define and unpack; `manifest` is then empty. */
  readonly again?: boolean
}

export interface ActOptions {
  readonly model?: Readonly<Record<string, unknown>>
  readonly timeoutMs?: number
}

export interface ActionAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const machine = { Name: 'node-01', Uuid: '6a7e0f0e-5a9f-4a39-9f6e-6d1b7c1b8a11' }

export interface LaunchedPlugin {
  readonly process: ChildProcessHandle
  readonly manifest: Readonly<Record<string, unknown>>
  readonly toPath: string
  readonly fromPath: string
  /** Folder with the files of `unpack`. */
  readonly unpacked: string
  readonly received: readonly PluginMessage[]
  /** Every byte that the plugin sent to its endpoint and printed, undecoded: search it for secrets. */
  sent(): string
  config(params: Readonly<Record<string, unknown>>): Promise<UnixAnswer>
  /** Throws where the config is refused. */
  configure(params: Readonly<Record<string, unknown>>): Promise<void>
  action(action: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<UnixAnswer>
  /** Runs a command as an endpoint does, on a machine where no other model is given; `timeoutMs` is 60 000 where absent. */
  act(command: string, params?: Readonly<Record<string, unknown>>, options?: ActOptions): Promise<ActionAnswer>
  post(path: string, body: unknown, timeoutMs?: number): Promise<UnixAnswer>
  /** Closes the endpoint's socket, like an endpoint that died. */
  closeEndpoint(): Promise<void>
}

/**
 * Launches an executable like a DRP endpoint: define, unpack into an empty folder, listen with two UNIX sockets, and
 * wait up to 20 s for READY!. The caller sends `config`. Its API says of each machine that it has no params, where the
 * caller names no other. The scope's end removes plugin and sockets.
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
    RS_ENDPOINT: env.RS_ENDPOINT ?? (await startParamsApi(scope)),
    RS_TOKEN: 'none',
    RS_FILESERVER: '',
    RS_WEBROOT: '',
    ...env,
  }
  const options = { cwd: scratch, env: environment }

  const manifest = again ? {} : await defineAndUnpack(executable, unpacked, options)
  const received: PluginMessage[] = []
  const keep = (path: string) => (body: unknown) => void received.push({ path, body })
  // Loaded only here, so that other tests start faster.
  const { listenForPlugin } = await import('@powerbus/plugin-sdk/launch')
  const innerPath = `${fromPath}.in`
  const server = await listenForPlugin('plugin', innerPath, {
    log: keep('log'),
    publish: keep('publish'),
    leaving: keep('leaving'),
    objects: async (prefix) => {
      keep(`objects/${prefix}`)(undefined)
      return []
    },
  })
  const recorder = await startRecorder(fromPath, innerPath)
  const closeEndpoint = async () => {
    await recorder.close()
    await server.close()
  }
  scope.teardown(closeEndpoint)
  const child = await startProcess(scope, executable, ['listen', toPath, fromPath], options)
  await child.waitForOutput(/^READY!$/m)
  const post = (path: string, body: unknown, timeoutMs = 60_000) =>
    unixRequest({ socketPath: toPath, path, body, timeoutMs })
  const config = (params: Readonly<Record<string, unknown>>) => post('/api-plugin/v4/config', params)
  const action = (body: Readonly<Record<string, unknown>>, timeoutMs?: number) =>
    post('/api-plugin/v4/action', body, timeoutMs)
  return {
    process: child,
    manifest,
    toPath,
    fromPath,
    unpacked,
    received,
    sent: () => recorder.text() + JSON.stringify(child.output),
    post,
    config,
    async configure(params) {
      const { status, text } = await config(params)
      if (status !== 200) throw new Error(`config was answered with ${status}: ${text}`)
    },
    action,
    async act(Command, Params = {}, { model = machine, timeoutMs } = {}) {
      const answer = await action(
        { Model: model, Plugin: basename(executable), Command, CommandSet: '', Params },
        timeoutMs,
      )
      return { status: answer.status, body: answer.json() as ActionAnswer['body'] }
    },
    closeEndpoint,
  }
}

/** Answers `GET machines/UUID/params`, which a plugin asks before it takes a machine down, and 404 to all else. */
async function startParamsApi(scope: TestScope): Promise<string> {
  const server = createHttpServer((request, response) => {
    const isParams = /^\/api\/v3\/machines\/[^/]+\/params\b/.test(request.url ?? '')
    response.writeHead(isParams ? 200 : 404, { 'content-type': 'application/json' })
    response.end(isParams ? '{}' : '{"Model":"","Key":"","Type":"OBJECT_UNKNOWN","Messages":[],"Code":404}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Passes a UNIX socket on to another one, and keeps what clients send. */
async function startRecorder(path: string, innerPath: string) {
  let text = ''
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const inner = connect(innerPath)
    for (const [socket, other] of [
      [client, inner],
      [inner, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
    client.on('data', (bytes) => {
      text += String(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  chmodSync(path, 0o600)
  return {
    text: () => text,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function defineAndUnpack(
  executable: string,
  unpacked: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Readonly<Record<string, unknown>>> {
  const { runToEnd } = await import('@powerbus/plugin-sdk/launch')
  const limits = { timeoutMs: 30_000, outputBytesMax: 16 * 1024 * 1024 }
  const options = { executable, folder: cwd, environment: { ...processVariables(), ...env }, ...limits }
  const defined = await runToEnd({ ...options, parameters: ['define'] })
  await runToEnd({ ...options, parameters: ['unpack', unpacked] })
  return JSON.parse(defined)
}

function processVariables(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}
