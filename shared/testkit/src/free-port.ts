import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A TCP port (1024..65535) that was just free on the address. Another process may take it before the caller does. */
export async function freeTcpPort(address = '127.0.0.1'): Promise<number> {
  const server = createServer()
  server.listen(0, address)
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has no port')
  return bound.port
}

/** A UDP port (1024..65535) that was just free on the address. */
export async function freeUdpPort(address = '127.0.0.1'): Promise<number> {
  const [port] = await freeUdpPorts(1, address)
  if (port === undefined) throw new Error('no UDP port')
  return port
}

/** `count` different UDP ports that were just free on the address. */
export async function freeUdpPorts(count: number, address = '127.0.0.1'): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'))
  await Promise.all(
    sockets.map((socket) => {
      socket.bind(0, address)
      return once(socket, 'listening')
    }),
  )
  const ports = sockets.map((socket) => socket.address().port)
  await Promise.all(
    sockets.map((socket) => {
      socket.close()
      return once(socket, 'close')
    }),
  )
  return ports
}
