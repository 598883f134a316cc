import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'

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

export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  /** One for all connections: each would load the authorities of its own otherwise. */
  readonly secureContext: SecureContext
  /** 0 with a fingerprint: a resumed TLS session may have no certificate to compare. */
  readonly maxCachedSessions?: 0
}

/** Options of TLS connections that verify by `trust`; `isTrusted` must hold too before data is sent. */
export function tlsOptions({ ca, fingerprint }: TlsTrust = {}): TlsOptions {
  return {
    rejectUnauthorized: ca !== undefined && fingerprint === undefined,
    secureContext: createSecureContext(ca === undefined ? {} : { ca }),
    ...(fingerprint !== undefined && { maxCachedSessions: 0 }),
  }
}

/** Whether a connection has the certificate of the fingerprint, if `trust` has one. Without TLS it has no certificate. */
export function isTrusted(socket: unknown, { fingerprint }: TlsTrust = {}): boolean {
  if (fingerprint === undefined) return true
  if (!(socket instanceof TLSSocket)) return false
  return plain(socket.getPeerCertificate().fingerprint256 ?? '') === plain(fingerprint)
}

export class FingerprintError extends Error {
  readonly code = 'DRP_FINGERPRINT'

  constructor() {
    super('the certificate does not have the expected fingerprint')
  }
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
