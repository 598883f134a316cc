import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readFileIfThere, writePrivateFile } from '@powerbus/store'
import { generate } from 'selfsigned'

export interface ServerIdentity {
  /** PEM, both. */
  readonly key: string
  readonly certificate: string
  /** SHA-256 of the certificate: hexadecimal pairs with colons. */
  readonly fingerprint: string
}

const DAY_MS = 86_400_000
const LIFETIME_MS = 825 * DAY_MS
/** A start renews a certificate that expires sooner than this. */
const RENEW_MS = 30 * DAY_MS

/**
 * Loads the endpoint's self-signed certificate (EC P-256) for localhost, the loopback addresses, the host's name and
 * `address`. One file of the state folder (0600) holds it and its key. Replaced when it expires or lacks a name.
 */
export async function loadIdentity(stateFolder: string, address: string): Promise<ServerIdentity> {
  const path = join(stateFolder, 'tls.pem')
  const names = [...new Set(['localhost', hostname(), ...(isIP(address) ? [] : [address])])]
  const addresses = [...new Set(['127.0.0.1', '::1', ...(isIP(address) ? [address] : [])])]
  const present = parse(await readFileIfThere(path))
  if (present !== undefined && fits(new X509Certificate(present.certificate), names, addresses)) return present
  const made = await generate([{ name: 'commonName', value: 'Powerbus endpoint' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  })
  const text = `${made.private.trim()}\n${made.cert.trim()}\n`
  await writePrivateFile(path, text)
  const identity = parse(text)
  if (identity === undefined) throw new Error(`the certificate made for ${path} cannot be read: report this`)
  return identity
}

function parse(text: Buffer | string = ''): ServerIdentity | undefined {
  const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(String(text))?.[0]
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(String(text))?.[0]
  if (key === undefined || certificate === undefined) return undefined
  return { key, certificate, fingerprint: new X509Certificate(certificate).fingerprint256 }
}

function fits(certificate: X509Certificate, names: readonly string[], addresses: readonly string[]): boolean {
  const leftMs = Date.parse(certificate.validTo) - Date.now()
  if (leftMs < RENEW_MS) return false
  return (
    names.every((name) => certificate.checkHost(name) !== undefined) &&
    addresses.every((address) => certificate.checkIP(address) !== undefined)
  )
}
