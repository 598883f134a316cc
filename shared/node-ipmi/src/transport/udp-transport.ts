import { createSocket, type Socket } from 'node:dgram'
import type { Transport, TransportSocket } from './transport.ts'

/** Smallest receive buffer requested; every system grants it. */
const SMALLEST_BUFFER_BYTES = 128 * 1024

/** Datagrams over UDP. IPv6 sockets carry IPv6 only. */
export const udpTransport: Transport = {
  open: (options, handlers) =>
    new Promise<TransportSocket>((resolve, reject) => {
      const socket = createSocket({
        type: options.family === 4 ? 'udp4' : 'udp6',
        ipv6Only: options.family === 6,
        // Destinations are literal addresses, so no look-up is needed.
        lookup: (host, _options, callback) => callback(null, host, options.family),
      })
      const anyAddress = options.family === 4 ? '0.0.0.0' : '::'
      const onSent = (error: Error | null) => {
        if (error === null) return
        const { address = '', port = 0 } = error as Error & { address?: string; port?: number }
        handlers.onSendError?.(error, address, port)
      }
      socket.once('error', reject)
      socket.on('message', (datagram, from) => handlers.onDatagram(datagram, from.address, from.port))
      socket.bind({ port: options.port ?? 0, address: options.address ?? anyAddress }, () => {
        socket.removeListener('error', reject)
        // An ICMP error of an earlier datagram is not fatal: RMCP+ has its own deadlines.
        socket.on('error', (error) => onSent(error))
        if (options.receiveBufferBytes !== undefined) growReceiveBuffer(socket, options.receiveBufferBytes)
        const { address, port } = socket.address()
        resolve({
          address,
          port,
          receiveBufferBytes: socket.getRecvBufferSize(),
          // A callback costs a turn of the queue for each datagram.
          send: (datagram, toAddress, toPort, isUnwatched = false) =>
            socket.send(datagram, toPort, toAddress, isUnwatched ? undefined : onSent),
          close: () => new Promise((closed) => socket.close(closed)),
        })
      })
    }),
}

/**
 * Linux reduces a request to net.core.rmem_max. BSD systems refuse it, so the request is halved until it is granted.
 */
function growReceiveBuffer(socket: Socket, bytes: number): void {
  for (let wish = bytes; wish >= SMALLEST_BUFFER_BYTES; wish /= 2) {
    if (setReceiveBuffer(socket, wish)) return
  }
}

function setReceiveBuffer(socket: Socket, bytes: number): boolean {
  try {
    socket.setRecvBufferSize(bytes)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_BUFFER_SIZE') throw error
    return false
  }
}
