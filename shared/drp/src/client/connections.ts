import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { FingerprintError, isTrusted, type TlsTrust, tlsOptions } from './tls-trust.ts'

export interface ConnectionsOptions {
  readonly trust?: TlsTrust
  /** Longest time to connect, the TLS handshake included, in milliseconds. */
  readonly connectMs: number
}

/** Idle connections end after this: before servers end them, which would break the next request. */
const IDLE_MS = 4_000

type Connected = (error: Error | null, socket: Duplex) => void

/**
 * Connections to one endpoint that are kept for the next request. A request is written once its connection is made and
 * trusted.
 */
export class Connections {
  readonly agent: HttpAgent
  readonly #options: ConnectionsOptions
  /** Not connected yet. */
  readonly #connecting = new Set<Socket>()

  /** `protocol`: `https:` or `http:`. */
  constructor(protocol: string, options: ConnectionsOptions) {
    this.#options = options
    const kept = { keepAlive: true, timeout: IDLE_MS }
    this.agent = protocol === 'https:' ? new HttpsAgent({ ...kept, ...tlsOptions(options.trust) }) : new HttpAgent(kept)
    const open = this.agent.createConnection.bind(this.agent)
    this.agent.createConnection = (given, done) => {
      if (done) this.#connect(open(given) as Socket, done)
      return undefined
    }
  }

  /** Ends all connections. Requests under way fail. */
  close(): void {
    for (const socket of this.#connecting) socket.destroy(new ConnectionError('the client was closed', 'DRP_CLOSED'))
    this.agent.destroy()
  }

  #connect(socket: Socket, done: Connected): void {
    const { trust, connectMs } = this.#options
    this.#connecting.add(socket)
    const settle = (error: Error | null) => {
      clearTimeout(late)
      this.#connecting.delete(socket)
      socket.off('error', settle)
      done(error, socket)
    }
    const late = setTimeout(() => {
      socket.destroy(new ConnectionError(`no connection within ${connectMs} ms`, 'DRP_CONNECT_TIMEOUT'))
    }, connectMs)
    socket.on('error', settle)
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      if (isTrusted(socket, trust)) settle(null)
      else socket.destroy(new FingerprintError())
    })
  }
}

class ConnectionError extends Error {
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}
