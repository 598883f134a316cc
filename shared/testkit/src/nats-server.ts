import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freeTcpPort } from './free-port.ts'
import { type ChildProcessHandle, startProcess } from './start-process.ts'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'
import { waitUntil } from './wait-until.ts'

export interface NatsServer {
  /** `nats://127.0.0.1:PORT`; the same after a restart. */
  readonly url: string
  readonly port: number
  /** Folder with the files of JetStream. */
  readonly folder: string
  /** Kills the server with SIGKILL; the data of JetStream stays. */
  kill(): Promise<void>
  /** Starts the server again after `kill`, with the same port and folder. */
  start(): Promise<void>
  /** Removes the data of JetStream, after `kill`. */
  loseDisk(): Promise<void>
  /** Stops the process with SIGSTOP: connections stay open without answers. */
  freeze(): void
  thaw(): void
}

export interface NatsServerOptions {
  /** Further lines of the configuration, such as `authorization { ... }`. */
  readonly configuration?: string
}

/**
 * Starts Debian's nats-server with JetStream on a free port of 127.0.0.1 and a temporary folder, and waits until it
 * accepts connections. The scope's end kills it. Throws if the program is missing or does not start.
 */
export async function startNatsServer(scope: TestScope, options: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = tempFolder(scope)
  const port = await freeTcpPort()
  const file = join(folder, 'nats.conf')
  const jetstream = `jetstream { store_dir: "${join(folder, 'jetstream')}", max_mem: 64MB, max_file: 4GB }`
  const lines = [`listen: "127.0.0.1:${port}"`, jetstream, options.configuration ?? '']
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  let child: ChildProcessHandle | undefined
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    port,
    folder,
    kill: async () => child?.end(),
    async start() {
      child = await startProcess(scope, 'nats-server', ['-c', file])
      await ready(port, child)
    },
    loseDisk: () => rm(join(folder, 'jetstream'), { recursive: true, force: true }),
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
  }
  await server.start()
  return server
}

async function ready(port: number, child: ChildProcessHandle): Promise<void> {
  await child.waitForOutput(/Server is ready/, { stream: 'stderr' })
  await waitUntil('nats-server to take a connection', async () => {
    const socket = connect({ port, host: '127.0.0.1' })
    try {
      // The server sends its first line, INFO, when it is able to serve.
      await once(socket, 'data')
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false
      throw error
    } finally {
      socket.destroy()
    }
  })
}
