import { createCipheriv, createDecipheriv } from 'node:crypto'
import { MalformedError } from '../codec/malformed-error.ts'

const BLOCK = 16

/**
 * AES-CBC-128 payload: IV, then encrypted data, pad 01h 02h ..., pad length. `iv` must be 16 fresh random bytes.
 * §13.29.
 */
export function encryptPayload(aesKey: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  const padLength = (BLOCK - ((data.length + 1) % BLOCK)) % BLOCK
  const plain = new Uint8Array(data.length + padLength + 1)
  plain.set(data)
  for (let i = 0; i < padLength; i++) plain[data.length + i] = i + 1
  plain[plain.length - 1] = padLength
  const cipher = createCipheriv('aes-128-cbc', aesKey, iv).setAutoPadding(false)
  return Buffer.concat([iv, cipher.update(plain), cipher.final()])
}

/** The data of an AES-CBC-128 payload. Throws MalformedError for incomplete blocks or a wrong pad. §13.29. */
export function decryptPayload(aesKey: Uint8Array, payload: Uint8Array): Buffer {
  if (payload.length < 2 * BLOCK || payload.length % BLOCK !== 0) throw new MalformedError('not whole AES blocks')
  const decipher = createDecipheriv('aes-128-cbc', aesKey, payload.subarray(0, BLOCK)).setAutoPadding(false)
  const plain = Buffer.concat([decipher.update(payload.subarray(BLOCK)), decipher.final()])
  const padLength = plain[plain.length - 1] ?? 0
  if (padLength >= BLOCK) throw new MalformedError('confidentiality pad longer than a block', 'padding')
  const end = plain.length - 1 - padLength
  for (let i = 0; i < padLength; i++) {
    if (plain[end + i] !== i + 1) throw new MalformedError('wrong confidentiality pad', 'padding')
  }
  return plain.subarray(0, end)
}
