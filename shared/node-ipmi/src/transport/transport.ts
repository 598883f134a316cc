export interface SocketOptions {
  readonly family: 4 | 6
  /** Address to bind to; default: all addresses. */
  readonly address?: string
  /** Port to bind to; default: a free one. */
  readonly port?: number
  /** Requested receive buffer in bytes; default: the system's default. */
  readonly receiveBufferBytes?: number
}

export interface SocketHandlers {
  /** The callee may keep and change the datagram. `address` is in the canonical form of its family. */
  onDatagram(datagram: Uint8Array, address: string, port: number): void
  /** The system refused to send (no route, no permission). `address` and `port` are those given to `send`. */
  onSendError?(error: Error, address: string, port: number): void
}

/** A bound datagram socket. */
export interface TransportSocket {
  readonly address: string
  readonly port: number
  /** Real size of the receive buffer, in bytes. */
  readonly receiveBufferBytes: number
  /**
   * Sends without waiting. The caller must not change the bytes afterwards. `address` is a literal of the socket's
   * family. `isUnwatched`: a refusal of the system need not be told.
   */
  send(datagram: Uint8Array, address: string, port: number, isUnwatched?: boolean): void
  close(): Promise<void>
}

/** Carries datagrams: UDP, or a test's own. Client and BMC use the same interface. */
export interface Transport {
  /** Rejects with the system's error if the address cannot be bound. */
  open(options: SocketOptions, handlers: SocketHandlers): Promise<TransportSocket>
}
