import { createSecureContext, TLSSocket } from 'node:tls'
import type { Agent } from 'undici'

/**
 * How the client verifies the endpoint's certificate. A DRP endpoint makes its own certificate, so without these
 * options the client accepts any certificate, as DRP's own tools do.
 */
export interface TlsTrust {
  /** PEM of the authority that must have signed the certificate. The certificate must also name the endpoint's host. */
  readonly ca?: string
  /** SHA-256 of the certificate in hex, with or without colons. Authority and name are then not checked. */
  readonly fingerprint?: string
}

export interface AgentOptions {
  readonly trust?: TlsTrust
  readonly connectMs: number
  readonly timeoutMs: number
  readonly bodyLimit: number
}

/** An HTTP agent that verifies certificates by `trust`. undici is loaded only here, so `define` starts without it. */
export async function trustingAgent(options: AgentOptions): Promise<Agent> {
  const { Agent, buildConnector } = await import('undici')
  const { ca, fingerprint } = options.trust ?? {}
  const connect = buildConnector({
    timeout: options.connectMs,
    rejectUnauthorized: ca !== undefined && fingerprint === undefined,
    // A resumed TLS session may have no certificate to compare.
    ...(fingerprint !== undefined && { maxCachedSessions: 0 }),
    // Without one for all connections, each would load the authorities of its own.
    ...(ca === undefined ? { secureContext: createSecureContext() } : { ca }),
  })
  return new Agent({
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    maxResponseSize: options.bodyLimit,
    connect: (request, done) => {
      connect(request, (...[error, socket]) => {
        if (error || !socket) return done(error ?? new Error('no connection'), null)
        if (fingerprint === undefined || isPinned(socket, fingerprint)) return done(null, socket)
        socket.destroy()
        done(new FingerprintError(), null)
      })
    },
  })
}

class FingerprintError extends Error {
  readonly code = 'DRP_FINGERPRINT'

  constructor() {
    super('the certificate does not have the expected fingerprint')
  }
}

/** Called before any data is sent. A connection without TLS has no certificate and is not trusted. */
function isPinned(socket: unknown, fingerprint: string): boolean {
  if (!(socket instanceof TLSSocket)) return false
  return plain(socket.getPeerCertificate().fingerprint256 ?? '') === plain(fingerprint)
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
