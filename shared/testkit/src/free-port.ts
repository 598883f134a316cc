import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below those that the system gives to connections by itself (Linux: from 32768): none takes a port that was just found. */
const LOWEST = 10_000
const HIGHEST = 32_767

/** Binds to ports by chance until one is free; the socket is listening then. */
async function bound<T extends Server | Socket>(make: () => T, bind: (socket: T, port: number) => void): Promise<T> {
  for (;;) {
    const socket = make()
    bind(socket, LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1)))
    try {
      await once(socket, 'listening')
      return socket
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

/** Closes all, and gives the ports that they had. */
async function portsOf(sockets: readonly (Server | Socket)[]): Promise<number[]> {
  return await Promise.all(
    sockets.map(async (socket) => {
      const address = socket.address()
      socket.close()
      await once(socket, 'close')
      if (address === null || typeof address === 'string') throw new Error('a server has no port')
      return address.port
    }),
  )
}

/** A TCP port (10000..32767) that was free on the address a moment ago. */
export async function freeTcpPort(address = '127.0.0.1'): Promise<number> {
  const server = await bound(createServer, (server, port) => server.listen(port, address))
  const [port] = await portsOf([server])
  if (port === undefined) throw new Error('no TCP port')
  return port
}

/** A UDP port (10000..32767) that was free on the address a moment ago. */
export async function freeUdpPort(address = '127.0.0.1'): Promise<number> {
  const [port] = await freeUdpPorts(1, address)
  if (port === undefined) throw new Error('no UDP port')
  return port
}

/** As many different UDP ports (10000..32767), all free at the same moment. */
export async function freeUdpPorts(count: number, address = '127.0.0.1'): Promise<number[]> {
  const bind = (socket: Socket, port: number) => socket.bind(port, address)
  return portsOf(await Promise.all(Array.from({ length: count }, () => bound(() => createSocket('udp4'), bind))))
}
