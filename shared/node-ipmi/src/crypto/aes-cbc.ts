import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from 'node:crypto'
import { MalformedError } from '../codec/malformed-error.ts'

const BLOCK = 16

/** The two ciphers of a key: making one costs as much as encrypting hundreds of blocks. */
interface BlockCiphers {
  encrypting: Cipher | undefined
  decrypting: Decipher | undefined
}

const ciphers = new WeakMap<Uint8Array, BlockCiphers>()

function ciphersOf(aesKey: Uint8Array): BlockCiphers {
  const known = ciphers.get(aesKey)
  if (known !== undefined) return known
  const made: BlockCiphers = { encrypting: undefined, decrypting: undefined }
  ciphers.set(aesKey, made)
  return made
}

/**
 * AES-CBC-128 payload: IV, then encrypted data, pad 01h 02h ..., pad length. `iv` must be 16 fresh random bytes, and the
 * bytes of `aesKey` must not change. §13.29. Chains the blocks of one AES-ECB cipher (NIST SP 800-38A, 6.2).
 */
export function encryptPayload(aesKey: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  const made = ciphersOf(aesKey)
  made.encrypting ??= createCipheriv('aes-128-ecb', aesKey, null).setAutoPadding(false)
  const payload = Buffer.allocUnsafe(2 * BLOCK + data.length - (data.length % BLOCK))
  payload.set(iv)
  payload.set(data, BLOCK)
  const padAt = BLOCK + data.length
  const padLength = payload.length - padAt - 1
  for (let i = 0; i < padLength; i++) payload[padAt + i] = i + 1
  payload[payload.length - 1] = padLength
  for (let at = BLOCK; at < payload.length; at += BLOCK) {
    xorWithBlockBefore(payload, at, payload)
    payload.set(made.encrypting.update(payload.subarray(at, at + BLOCK)), at)
  }
  return payload
}

/**
 * The data of an AES-CBC-128 payload whose integrity code was verified. Throws MalformedError for incomplete blocks or a
 * pad length that cannot be. §13.29. The last byte of the plain text counts the pad: 0..15, and 16 instead of 0 from
 * phosphor-net-ipmid (OpenBMC). The values of the pad bytes are ignored, since some BMCs do not send 01h 02h ...
 */
export function decryptPayload(aesKey: Uint8Array, payload: Uint8Array): Buffer {
  if (payload.length < 2 * BLOCK || payload.length % BLOCK !== 0) throw new MalformedError('not whole AES blocks')
  const made = ciphersOf(aesKey)
  made.decrypting ??= createDecipheriv('aes-128-ecb', aesKey, null).setAutoPadding(false)
  const plain = made.decrypting.update(payload.subarray(BLOCK))
  for (let at = 0; at < plain.length; at += BLOCK) xorWithBlockBefore(plain, at, payload, at)
  const padLength = plain[plain.length - 1] ?? 0
  if (padLength > BLOCK || padLength >= plain.length)
    throw new MalformedError('impossible confidentiality pad', 'padding')
  return plain.subarray(0, plain.length - 1 - padLength)
}

/** Combines the block of `data` at `at` with the one of `chain` before it, which begins at `before`. */
function xorWithBlockBefore(data: Uint8Array, at: number, chain: Uint8Array, before = at - BLOCK): void {
  for (let i = 0; i < BLOCK; i++) data[at + i] = (data[at + i] ?? 0) ^ (chain[before + i] ?? 0)
}
