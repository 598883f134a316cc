import type { Transport } from '../transport/transport.ts'
import { udpTransport } from '../transport/udp-transport.ts'
import type { Bmc } from './bmc.ts'

export interface ListenOptions {
  /** Address to bind to; an IPv6 one has colons. */
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

/** Has a BMC answer at an address. Rejects with the system's error where it cannot be bound (EADDRINUSE, EACCES). */
export async function listenBmc(bmc: Bmc, options: ListenOptions): Promise<Listener> {
  const { address, port, transport = udpTransport } = options
  const family = address.includes(':') ? 6 : 4
  let closed = false
  const socket = await transport.open(
    { family, address, port },
    {
      onDatagram(datagram, fromAddress, fromPort) {
        const from = { address: fromAddress, port: fromPort }
        bmc.receive(datagram, from, (answer) => {
          // The chassis, or a delay on demand, may answer after the end.
          if (!closed) socket.send(answer, fromAddress, fromPort)
        })
      },
    },
  )
  return {
    address: socket.address,
    port: socket.port,
    async close() {
      if (closed) return
      closed = true
      await socket.close()
    },
  }
}
