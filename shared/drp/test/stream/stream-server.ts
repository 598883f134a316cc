import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestScope } from '@powerbus/testkit'
import { type WebSocket, WebSocketServer } from 'ws'

export interface StreamServer {
  readonly endpoint: string
  readonly sockets: readonly WebSocket[]
  readonly requests: readonly IncomingMessage[]
  /** All frames received, over all connections. */
  readonly frames: readonly string[]
  /** Sends to all open connections. */
  send(event: object | string): void
}

/** An event stream without TLS that acknowledges every request unless `answer` says otherwise. */
export async function startStreamServer(
  scope: TestScope,
  answer: (frame: string) => object | undefined = acknowledgement,
): Promise<StreamServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/api/v3/ws' })
  await once(server, 'listening')
  scope.teardown(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  const [sockets, requests, frames]: [WebSocket[], IncomingMessage[], string[]] = [[], [], []]
  server.on('connection', (socket, request) => {
    sockets.push(socket)
    requests.push(request)
    socket.on('message', (data) => {
      const frame = String(data)
      frames.push(frame)
      const event = answer(frame)
      if (event !== undefined) socket.send(JSON.stringify(event))
    })
  })
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    requests,
    frames,
    send(event) {
      const text = typeof event === 'string' ? event : JSON.stringify(event)
      for (const socket of server.clients) socket.send(text)
    },
  }
}

export function acknowledgement(frame: string): object {
  const [verb, pattern] = frame.split(' ')
  return { Type: 'websocket', Action: verb, Key: pattern }
}
