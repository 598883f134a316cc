import { createCipheriv, createDecipheriv } from 'node:crypto'
import { MalformedError } from '../codec/malformed-error.ts'

const BLOCK = 16

/**
 * AES-CBC-128 payload: IV, then encrypted data, pad 01h 02h ..., pad length. `iv` must be 16 fresh random bytes.
 * §13.29.
 */
export function encryptPayload(aesKey: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  const plain = new Uint8Array(BLOCK + data.length - (data.length % BLOCK))
  plain.set(data)
  const padLength = plain.length - data.length - 1
  for (let i = 0; i < padLength; i++) plain[data.length + i] = i + 1
  plain[plain.length - 1] = padLength
  // Without automatic padding all blocks come from `update`.
  const cipher = createCipheriv('aes-128-cbc', aesKey, iv).setAutoPadding(false)
  const payload = Buffer.allocUnsafe(BLOCK + plain.length)
  payload.set(iv)
  payload.set(cipher.update(plain), BLOCK)
  return payload
}

/**
 * The data of an AES-CBC-128 payload whose integrity code was verified. Throws MalformedError for incomplete blocks or a
 * pad length that cannot be. §13.29. The last byte of the plain text counts the pad: 0..15, and 16 instead of 0 from
 * phosphor-net-ipmid (OpenBMC). The values of the pad bytes are ignored, since some BMCs do not send 01h 02h ...
 */
export function decryptPayload(aesKey: Uint8Array, payload: Uint8Array): Buffer {
  if (payload.length < 2 * BLOCK || payload.length % BLOCK !== 0) throw new MalformedError('not whole AES blocks')
  const decipher = createDecipheriv('aes-128-cbc', aesKey, payload.subarray(0, BLOCK)).setAutoPadding(false)
  const plain = decipher.update(payload.subarray(BLOCK))
  const padLength = plain[plain.length - 1] ?? 0
  if (padLength > BLOCK || padLength >= plain.length)
    throw new MalformedError('impossible confidentiality pad', 'padding')
  return plain.subarray(0, plain.length - 1 - padLength)
}
