import type { Transport, TransportSocket } from '../transport/transport.ts'
import { udpTransport } from '../transport/udp-transport.ts'
import { AnswerSources } from './answer-sources.ts'
import type { Bmc } from './bmc.ts'

export interface ListenOptions {
  /** Literal IPv4 or IPv6 address to bind to. */
  readonly address: string
  /** 0 takes a free port. */
  readonly port: number
  /** Default UDP. */
  readonly transport?: Transport
}

export interface Listener {
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

/** Binds a BMC to an address. Rejects with the system's error if the address cannot be bound (EADDRINUSE, EACCES). */
export async function listenBmc(bmc: Bmc, options: ListenOptions): Promise<Listener> {
  const { address, port, transport = udpTransport } = options
  const family = address.includes(':') ? 6 : 4
  const sources = new AnswerSources(transport, address)
  let closed = false
  const socket = await transport.open(
    { family, address, port },
    {
      onDatagram(datagram, fromAddress, fromPort) {
        const from = { address: fromAddress, port: fromPort }
        // A slow chassis or a delay fault may answer after close().
        const sendBy = (sender: TransportSocket, answer: Uint8Array) => {
          if (!closed) sender.send(answer, fromAddress, fromPort)
        }
        bmc.receive(datagram, from, (answer, source) => {
          if (source === undefined) return sendBy(socket, answer)
          // An answer from an address that this system does not have is lost.
          void sources.socketOf(source).then(
            (other) => sendBy(other, answer),
            () => undefined,
          )
        })
      },
    },
  )
  bmc.listensAt({ address: socket.address, port: socket.port })
  return {
    address: socket.address,
    port: socket.port,
    async close() {
      if (closed) return
      closed = true
      await Promise.all([socket.close(), sources.close()])
    },
  }
}
