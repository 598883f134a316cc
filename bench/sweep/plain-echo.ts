/**
 * Answers each datagram with one as long as its first two bytes say: `plain-echo.ts COUNT NET PORT`, on COUNT addresses
 * from 127.NET.0.1 on with a socket each, as a rack has. It ends with its parent.
 */
import { createSocket, type SocketOptions } from 'node:dgram'

const [count = 0, net = 0, port = 0] = process.argv.slice(2).map(Number)
const answer = Buffer.alloc(1024)
/** Addresses are literals. */
const lookup: SocketOptions['lookup'] = (host, _options, done) => done(null, host, 4)

for (let number = 1; number <= count; number++) {
  const socket = createSocket({ type: 'udp4', lookup })
  socket.on('message', (datagram, from) => socket.send(answer, 0, datagram.readUInt16BE(0), from.port, from.address))
  const address = `127.${net}.${number >> 8}.${number & 255}`
  await new Promise<void>((resolve) => socket.bind(port, address, resolve))
}
process.on('disconnect', () => process.exit())
process.send?.('ready')
