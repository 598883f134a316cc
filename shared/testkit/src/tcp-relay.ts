import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestScope } from './test-scope.ts'

/** A port of 127.0.0.1 that forwards to another port and can be disconnected from it. */
export interface TcpRelay {
  readonly port: number
  /** Behaves like a network that drops all packets: connections stay open without data; new ones get no answer. */
  silence(): void
  /** Behaves like a firewall that resets: all connections end, and new ones are reset at once. */
  reset(): void
  /** Forwards again, starting with the data held back meanwhile. */
  restore(): void
}

interface Pair {
  readonly client: Socket
  server: Socket | undefined
}

/** Starts a relay to a port of 127.0.0.1. The scope's end closes it and its connections. */
export async function startTcpRelay(scope: TestScope, targetPort: number): Promise<TcpRelay> {
  const pairs = new Set<Pair>()
  let state: 'open' | 'silent' | 'reset' = 'open'

  const end = (pair: Pair) => {
    pairs.delete(pair)
    pair.client.destroy()
    pair.server?.destroy()
  }
  const reach = (pair: Pair) => {
    const server = connect({ port: targetPort, host: '127.0.0.1' })
    pair.server = server
    server.on('error', () => end(pair))
    server.on('close', () => end(pair))
    pair.client.pipe(server)
    server.pipe(pair.client)
  }
  const listener = createServer((client) => {
    const pair: Pair = { client, server: undefined }
    client.on('error', () => end(pair))
    client.on('close', () => end(pair))
    if (state === 'reset') {
      client.resetAndDestroy()
      return
    }
    pairs.add(pair)
    if (state === 'open') reach(pair)
  })
  listener.listen({ port: 0, host: '127.0.0.1' })
  await once(listener, 'listening')
  scope.teardown(() => {
    for (const pair of [...pairs]) end(pair)
    listener.close()
  })

  return {
    port: (listener.address() as AddressInfo).port,
    silence() {
      state = 'silent'
      for (const { client, server } of pairs) {
        if (!server) continue
        client.unpipe(server).pause()
        server.unpipe(client).pause()
      }
    },
    reset() {
      state = 'reset'
      for (const pair of [...pairs]) {
        pair.client.resetAndDestroy()
        pair.server?.resetAndDestroy()
        pairs.delete(pair)
      }
    },
    restore() {
      state = 'open'
      for (const pair of pairs) {
        const { client, server } = pair
        if (server) {
          client.pipe(server)
          server.pipe(client)
        } else reach(pair)
      }
    },
  }
}
