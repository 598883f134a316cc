import { X509Certificate } from 'node:crypto'

/** SHA-256 of a certificate in PEM, as people write it. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256
}
