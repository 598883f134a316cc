import { createHash } from 'node:crypto'
import { test } from 'tap'
import { decryptPayload, encryptPayload, payloadLength } from '../../src/crypto/aes-cbc.ts'
import { type CipherSuite, cipherSuites } from '../../src/crypto/cipher-suite.ts'
import { rakp2Code, rakp3Code, rakp4Code } from '../../src/crypto/rakp-codes.ts'
import type { RakpExchange } from '../../src/crypto/rakp-exchange.ts'
import { deriveSessionKeys } from '../../src/crypto/session-keys.ts'

const random = (fill: number) => Uint8Array.from({ length: 16 }, (_, i) => fill + i)

const exchange: RakpExchange = {
  consoleSessionId: 0xa0a2a3a4,
  managedSessionId: 0x01020304,
  consoleRandom: random(0x10),
  managedRandom: random(0x40),
  managedGuid: random(0x80),
  role: 0x14,
  username: Buffer.from('admin'),
  password: Buffer.from('secret'),
}

/** HMAC by RFC 2104, built on hashes only, as an independent check. */
function hmac({ hash }: CipherSuite, key: Uint8Array, ...parts: (Uint8Array | string)[]): string {
  const block = (xor: number) => Uint8Array.from({ length: 64 }, (_, i) => (key[i] ?? 0) ^ xor)
  const message = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)))
  const inner = createHash(hash).update(block(0x36)).update(message).digest()
  return createHash(hash).update(block(0x5c)).update(inner).digest('hex')
}

const console_ = 'a4a3a2a0'
const managed = '04030201'
const role = '1405'

for (const suite of Object.values(cipherSuites)) {
  test(`codes and keys of suite ${suite.id} match the formulas of §13.31 and §13.32`, async (t) => {
    const { password, username, consoleRandom, managedRandom, managedGuid } = exchange
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    const code2 = hmac(suite, password, console_, managed, consoleRandom, managedRandom, managedGuid, role, username)
    t.equal(hex(rakp2Code(suite, exchange).digest()), code2)
    t.equal(code2.length / 2, suite.authenticationLength)
    t.equal(hex(rakp3Code(suite, exchange).digest()), hmac(suite, password, managedRandom, console_, role, username))
    for (const kg of [undefined, new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(20).fill(0xcc)]) {
      const key = kg === undefined || kg.length === 0 ? password : kg
      const sik = hmac(suite, key, consoleRandom, managedRandom, role, username)
      const keys = deriveSessionKeys(suite, { ...exchange, kg })
      t.equal(hex(keys.sik), sik)
      t.equal(hex(keys.k1), hmac(suite, keys.sik, '01'.repeat(20)))
      t.equal(hex(keys.aesKey), hmac(suite, keys.sik, '02'.repeat(20)).slice(0, 32))
      const code4 = hmac(suite, keys.sik, consoleRandom, managed, managedGuid).slice(0, 2 * suite.integrityLength)
      t.equal(hex(rakp4Code(suite, exchange, keys.sik).digest()).slice(0, 2 * suite.integrityLength), code4)
    }
  })
}

test('payloads of every length decrypt to the original, and incomplete blocks and impossible pads are refused', async (t) => {
  const key = new Uint8Array(16).fill(7)
  const iv = random(3)
  for (let length = 0; length <= 48; length++) {
    const data = new Uint8Array(length).fill(0xf0)
    const sealed = encrypted(key, iv, data)
    t.equal(sealed.length % 16, 0)
    t.strictSame(new Uint8Array(decryptPayload({ aesKey: key }, sealed, 0, sealed.length)), data, `${length} bytes`)
  }
  for (const length of [0, 15, 16, 31, 33])
    t.throws(() => decryptPayload({ aesKey: key }, new Uint8Array(length), 0, length), `${length} bytes`)
  const other = encrypted(key, iv, new Uint8Array(3))
  const last = other.length - 1
  other[last] = (other[last] ?? 0) ^ 1
  t.throws(() => decryptPayload({ aesKey: key }, other, 0, other.length))
})

function encrypted(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  const payload = Buffer.alloc(payloadLength(data.length))
  payload.set(data, 16)
  encryptPayload({ aesKey: key }, iv, payload, 0, data.length)
  return payload
}
