import type { RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { selfSignedCertificate } from '@powerbus/redfish/service'
import type { SshFace } from './ssh-face.ts'

/** First byte of a TLS handshake. RFC 8446 §5.1. */
const TLS_HANDSHAKE = 0x16

export interface TlsAndSshPort {
  readonly address: string
  readonly port: number
  /** PEM. */
  readonly certificate: string
  close(): Promise<void>
}

/** Listens for both on one port: a client of either speaks first, and its first byte says which it is. */
export async function listenTlsAndSsh(
  place: { readonly address: string; readonly port: number },
  listener: RequestListener,
  ssh: SshFace,
): Promise<TlsAndSshPort> {
  const { key, cert } = selfSignedCertificate('console.example', place.address)
  const https = createHttps({ key, cert }, listener)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null
      if (first === null) return
      socket.unshift(first)
      if (first[0] === TLS_HANDSHAKE) https.emit('connection', socket)
      else ssh.take(socket)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(place.port, place.address, resolve)
  })
  return {
    address: place.address,
    port: (server.address() as AddressInfo).port,
    certificate: cert,
    async close() {
      ssh.close()
      https.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
