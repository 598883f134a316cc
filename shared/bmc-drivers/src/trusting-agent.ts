import { createHash } from 'node:crypto'
import type { ClientRequestArgs } from 'node:http'
import { Agent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

/** How the other end proves who it is. BMCs and consoles sign their certificates themselves, unless somebody gave them one. */
export interface TlsTrust {
  /** Checks the certificate against the system's authorities, or against `ca`. */
  readonly verify?: boolean | undefined
  /** PEM. */
  readonly ca?: string | undefined
  /** SHA-256 of the certificate, in hexadecimal with or without colons: no other one is taken, whoever signed it. */
  readonly fingerprint?: string | undefined
  /** TLS 1.0, and ciphers and keys that OpenSSL refuses by itself. */
  readonly legacy?: boolean | undefined
}

/** Code of the error where the certificate is another one than the pinned one. */
export const PINNED_OTHER = 'PINNED_OTHER'

type Connected = (error: Error | null, socket: Duplex) => void

/** Gives out a socket only when TLS is agreed and the other end is known: no request is written before that. */
export class TrustingAgent extends Agent {
  readonly #host: string
  readonly #trust: TlsTrust
  #connecting: TLSSocket | undefined

  constructor(host: string, trust: TlsTrust, keepAlive: boolean) {
    super({ keepAlive, maxSockets: 1 })
    this.#host = host
    this.#trust = trust
  }

  /** Gives up the connection that is being made. */
  abandon(): void {
    this.#connecting?.destroy()
  }

  override createConnection({ port }: ClientRequestArgs, connected?: Connected): undefined {
    const { verify = false, ca, fingerprint, legacy = false } = this.#trust
    const options: ConnectionOptions = {
      host: this.#host,
      port: Number(port),
      ...(isIP(this.#host) === 0 && { servername: this.#host }),
      ...(ca !== undefined && { ca }),
      rejectUnauthorized: verify && fingerprint === undefined,
      ...(legacy && { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }),
    }
    const socket = connect(options)
    this.#connecting = socket
    let error: Error = failure('ECONNRESET', 'closed before TLS was agreed')
    const onError = (cause: Error) => {
      error = cause
    }
    const onClose = () => connected?.(error, socket)
    socket.on('error', onError).once('close', onClose)
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate()
      if (fingerprint !== undefined && !(raw && matches(raw, fingerprint))) {
        socket.destroy(failure(PINNED_OTHER, 'its certificate is another one than the pinned one'))
        return
      }
      this.#connecting = undefined
      socket.off('error', onError).off('close', onClose)
      connected?.(null, socket)
    })
    return undefined
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

function matches(der: Buffer, fingerprint: string): boolean {
  return createHash('sha256').update(der).digest('hex') === fingerprint.replaceAll(':', '').toLowerCase()
}
