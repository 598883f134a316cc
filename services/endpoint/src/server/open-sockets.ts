import type { Server, Socket } from 'node:net'

/** All connections of a server, also those that are not through with their TLS handshake, which `closeAllConnections` does not know. */
export class OpenSockets {
  readonly #sockets = new Set<Socket>()

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
