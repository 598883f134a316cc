export interface SocketOptions {
  readonly family: 4 | 6
  /** Address to bind to; default: any. */
  readonly address?: string
  /** Port to bind to; default: a free one. */
  readonly port?: number
  /** Receive buffer to ask for, in bytes; default: what the system gives. */
  readonly receiveBufferBytes?: number
}

export interface SocketHandlers {
  /** The datagram belongs to the callee. `address` is in the canonical form of its family. */
  onDatagram(datagram: Uint8Array, address: string, port: number): void
  /** The system refused to send (no route, no permission); `address` and `port` as given to `send`. */
  onSendError?(error: Error, address: string, port: number): void
}

/** A bound datagram socket. */
export interface TransportSocket {
  readonly address: string
  readonly port: number
  /** What the system really gives, in bytes. */
  readonly receiveBufferBytes: number
  /** Sends at once or never; the bytes must not change afterwards. `address` is a literal of the socket's family. */
  send(datagram: Uint8Array, address: string, port: number): void
  close(): Promise<void>
}

/** Carries datagrams: UDP, or memory in tests. Both ends use it. */
export interface Transport {
  /** Rejects with the system's error where the address cannot be bound. */
  open(options: SocketOptions, handlers: SocketHandlers): Promise<TransportSocket>
}
