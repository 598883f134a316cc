import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readFileIfThere, writePrivateFile } from '@powerbus/store'
import type { Logger } from 'pino'

export interface ServerIdentity {
  /** PEM, both. */
  readonly key: string
  readonly certificate: string
  /** SHA-256 of the certificate: hexadecimal pairs with colons. */
  readonly fingerprint: string
}

const FILE = 'tls.pem'
const DAY_MS = 86_400_000
const LIFETIME_MS = 825 * DAY_MS
/** A start renews a certificate that expires sooner than this. */
const RENEW_MS = 30 * DAY_MS

/** Whether an endpoint has run on this folder before. */
export function hasIdentity(stateFolder: string): boolean {
  return existsSync(join(stateFolder, FILE))
}

/**
 * Loads the endpoint's self-signed certificate (EC P-256) for localhost, the loopback addresses, the host's name and
 * `address`. One file of the state folder (0600) holds it and its key. Replaced when it expires or lacks a name, which
 * the log says. Throws an Error where the file is damaged: clients trust the fingerprint of what it was.
 */
export async function loadIdentity(stateFolder: string, address: string, log: Logger): Promise<ServerIdentity> {
  const path = join(stateFolder, FILE)
  const names = [...new Set(['localhost', hostname(), ...(isIP(address) ? [] : [address])])]
  const addresses = [...new Set(['127.0.0.1', '::1', ...(isIP(address) ? [address] : [])])]
  const text = await readFileIfThere(path)
  const present = text && parse(text.toString(), path)
  const unfit = present && whyUnfit(new X509Certificate(present.certificate), names, addresses)
  if (present && unfit === undefined) return present
  // Loaded for a new certificate only.
  const { makeCertificate } = await import('./make-certificate.ts')
  const made = await makeCertificate(names, addresses, LIFETIME_MS)
  const renewed = `${made.private.trim()}\n${made.cert.trim()}\n`
  const identity = parse(renewed, path)
  await writePrivateFile(path, renewed)
  if (unfit)
    log.warn({ fingerprint: identity.fingerprint }, `${path} was replaced, since ${unfit}: clients must log in again`)
  return identity
}

function parse(text: string, path: string): ServerIdentity {
  const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(text)?.[0] ?? ''
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(text)?.[0] ?? ''
  try {
    const read = new X509Certificate(certificate)
    if (!read.checkPrivateKey(createPrivateKey(key))) throw new Error('its key belongs to another certificate')
    return { key, certificate, fingerprint: read.fingerprint256 }
  } catch (cause) {
    const next = 'restore it from a backup, or remove it: a new certificate is made then, and clients must log in again'
    throw new Error(`${path} is damaged: ${next}`, { cause })
  }
}

/** Undefined where it can be used. */
function whyUnfit(certificate: X509Certificate, names: readonly string[], addresses: readonly string[]) {
  if (Date.parse(certificate.validTo) - Date.now() < RENEW_MS) return 'it was about to expire'
  const missing = [
    ...names.filter((name) => certificate.checkHost(name) === undefined),
    ...addresses.filter((address) => certificate.checkIP(address) === undefined),
  ]
  return missing.length > 0 ? `it was not for ${missing.join(', ')}` : undefined
}
