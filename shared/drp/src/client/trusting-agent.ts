import { TLSSocket } from 'node:tls'
import type { Agent } from 'undici'

/**
 * What proves that the endpoint is the right one. A DRP endpoint makes its own certificate, so without any of these any
 * certificate is taken, as DRP's own tools do.
 */
export interface TlsTrust {
  /** PEM of the authority that must have signed the certificate, whose name must be the endpoint's. */
  readonly ca?: string
  /** SHA-256 of the certificate itself, in hex with or without colons; neither authority nor name matter then. */
  readonly fingerprint?: string
}

export interface AgentOptions {
  readonly trust?: TlsTrust
  readonly connectMs: number
  readonly timeoutMs: number
  readonly bodyLimit: number
}

/** undici is loaded with the first request: `define` never pays for it. */
export async function trustingAgent(options: AgentOptions): Promise<Agent> {
  const { Agent, buildConnector } = await import('undici')
  const { ca, fingerprint } = options.trust ?? {}
  const connect = buildConnector({
    timeout: options.connectMs,
    rejectUnauthorized: ca !== undefined && fingerprint === undefined,
    // A resumed session may come without its certificate, and then there is nothing to compare.
    ...(fingerprint !== undefined && { maxCachedSessions: 0 }),
    ...(ca !== undefined && { ca }),
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
    super('the certificate has another fingerprint than the one expected')
  }
}

/** Nothing has been sent yet when this is asked. Without TLS there is no certificate, and no trust. */
function isPinned(socket: unknown, fingerprint: string): boolean {
  if (!(socket instanceof TLSSocket)) return false
  return plain(socket.getPeerCertificate().fingerprint256 ?? '') === plain(fingerprint)
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
