import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** PEM texts. */
export interface SelfSignedCertificate {
  readonly key: string
  readonly cert: string
}

const YEAR_MS = 365 * 86_400_000
/** Object identifiers in DER: RFC 5758 §3.2, RFC 4519 §2.3, RFC 5280 §4.2.1.6. */
const ecdsaWithSha256 = Buffer.from('06082a8648ce3d040302', 'hex')
const commonName = Buffer.from('0603550403', 'hex')
const subjectAltName = Buffer.from('0603551d11', 'hex')

/** A certificate for these names and IPv4 addresses, signed by its own key as a BMC's is, valid for ten years. RFC 5280 §4.1. */
export function selfSignedCertificate(...names: readonly [string, ...string[]]): SelfSignedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(0x30, ecdsaWithSha256)
  const name = der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from(names[0])))))
  const alternatives = names.map((text) =>
    isIPv4(text) ? der(0x87, Buffer.from(text.split('.').map(Number))) : der(0x82, Buffer.from(text)),
  )
  const extension = der(0x30, subjectAltName, der(0x04, der(0x30, ...alternatives)))
  const nowMs = Date.now()
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    // A positive number of 16 bytes.
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    der(0x30, time(nowMs - 86_400_000), time(nowMs + 10 * YEAR_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension)),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey))
  const base64 = der(0x30, body, algorithm, signature).toString('base64')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n').trim()}\n-----END CERTIFICATE-----\n`,
  }
}

/** Tag, length and contents. X.690 §8.1. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), content])
}

/** UTCTime up to 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}
