import type { Transport, TransportSocket } from '../transport/transport.ts'
import type { AnswerSource } from './fault-rule.ts'

/** Sockets for answers that do not come from the BMC's own address and port; each is opened at its first answer. */
export class AnswerSources {
  readonly #transport: Transport
  readonly #ownAddress: string
  readonly #sockets = new Map<string, Promise<TransportSocket>>()

  constructor(transport: Transport, ownAddress: string) {
    this.#transport = transport
    this.#ownAddress = ownAddress
  }

  /** Rejects with the system's error if the source's address cannot be bound. */
  socketOf({ address = this.#ownAddress, port = 0 }: AnswerSource): Promise<TransportSocket> {
    const key = `${address} ${port}`
    const known = this.#sockets.get(key)
    if (known !== undefined) return known
    const family = address.includes(':') ? 6 : 4
    const opened = this.#transport.open({ family, address, port }, { onDatagram: () => undefined })
    this.#sockets.set(key, opened)
    return opened
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#sockets.values())
    await Promise.all(opened.map((socket) => (socket.status === 'fulfilled' ? socket.value.close() : undefined)))
  }
}
