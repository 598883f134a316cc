import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { RedfishTarget } from './redfish-target.ts'

export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly minVersion: 'TLSv1' | 'TLSv1.2'
  readonly ca?: string
  readonly ciphers?: string
}

/** Options of `tls.connect`. With a fingerprint the chain is not judged: `checkFingerprint` decides. */
export function tlsOptions({ tls = {} }: RedfishTarget): TlsOptions {
  const { verify, ca, fingerprint, legacy } = tls
  return {
    rejectUnauthorized: fingerprint === undefined && (verify ?? ca !== undefined),
    minVersion: legacy ? 'TLSv1' : 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    // OpenSSL 3 allows TLS 1.0 and 1.1, SHA-1 and short keys at level 0 alone.
    ...(legacy && { ciphers: 'DEFAULT@SECLEVEL=0' }),
  }
}

/** Hex digits of a SHA-256 fingerprint in lower case, without colons. */
export function plainFingerprint(fingerprint: string): string {
  return fingerprint
    .replace(/^sha-?256[:=]/i, '')
    .replace(/[:\s]/g, '')
    .toLowerCase()
}

/** An error unless the peer's certificate has this fingerprint. A connection without a certificate fails too. */
export function checkFingerprint(socket: Socket, fingerprint: string): Error | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined
  const found = certificate && createHash('sha256').update(certificate).digest('hex')
  if (found === plainFingerprint(fingerprint)) return undefined
  return Object.assign(new Error(`the certificate's SHA-256 is ${found ?? 'unknown'}`), { code: 'ERR_TLS_FINGERPRINT' })
}
