import { join } from 'node:path'
import { freeTcpPort } from './free-port.ts'
import { type ChildProcessHandle, startProcess } from './start-process.ts'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'

export interface RedisServerOptions {
  /** Further arguments of its command line, such as `--requirepass x`. */
  readonly args?: readonly string[]
}

/** Debian's redis-server on a free loopback port and a UNIX socket, in a temporary folder, with every write synced. */
export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:PORT` */
  readonly url: string
  readonly socketPath: string
  /** Kills the server with SIGKILL; acknowledged writes are on its disk. */
  kill(): Promise<void>
  /** Stops the process with SIGSTOP until `thaw`; its connections stay open. */
  freeze(): void
  thaw(): void
  /** Starts the server again after `kill`, with the same port and data. */
  start(): Promise<void>
}

/** Starts a redis-server and waits until it accepts connections. The scope's end kills it. */
export async function startRedis(scope: TestScope, { args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = tempFolder(scope)
  const port = await freeTcpPort()
  const socketPath = join(folder, 'redis.sock')
  const settings = ['--bind', '127.0.0.1', '--port', `${port}`, '--unixsocket', socketPath, '--dir', folder]
  const durability = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
  let server: ChildProcessHandle
  const start = async () => {
    server = await startProcess(scope, 'redis-server', [...settings, ...durability, ...args])
    await server.waitForOutput(/Ready to accept connections/)
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    socketPath,
    kill: () => server.end(),
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    start,
  }
}
