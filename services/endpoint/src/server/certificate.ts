import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { writePrivateFile } from '../auth/private-file.ts'

export interface ServerIdentity {
  /** PEM, both. */
  readonly key: string
  readonly certificate: string
  /** SHA-256 of the certificate: hexadecimal pairs with colons. */
  readonly fingerprint: string
}

const DAY_MS = 86_400_000
const LIFETIME_MS = 825 * DAY_MS
/** Renewed at a start when it has less than this left. */
const RENEW_MS = 30 * DAY_MS

/**
 * The endpoint's self-signed certificate (EC P-256) for localhost, the loopback addresses, the host's name and
 * `address`. Kept in the state folder with its key in one file (0600); made anew when it runs out or does not fit.
 */
export async function loadIdentity(stateFolder: string, address: string): Promise<ServerIdentity> {
  const path = join(stateFolder, 'tls.pem')
  const names = [...new Set(['localhost', hostname(), ...(isIP(address) ? [] : [address])])]
  const addresses = [...new Set(['127.0.0.1', '::1', ...(isIP(address) ? [address] : [])])]
  const present = parse(await readIfThere(path))
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
  await writePrivateFile(path, `${made.private.trim()}\n${made.cert.trim()}\n`)
  const identity = parse(await readIfThere(path))
  if (identity === undefined) throw new Error(`${path} does not hold what was written`)
  return identity
}

function parse(text: string | undefined): ServerIdentity | undefined {
  const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(text ?? '')?.[0]
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(text ?? '')?.[0]
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

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
