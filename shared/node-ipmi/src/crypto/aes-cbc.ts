import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from 'node:crypto'
import { MalformedError } from '../codec/malformed-error.ts'

export const BLOCK = 16

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

/** Bytes of the AES-CBC-128 payload of so many bytes of data. */
export function payloadLength(dataLength: number): number {
  return 2 * BLOCK + dataLength - (dataLength % BLOCK)
}

/**
 * Writes an AES-CBC-128 payload into `target` at `at`: IV, then encrypted data, pad 01h 02h ..., pad length. `iv` must be 16
 * fresh random bytes, and the bytes of `aesKey` must not change. §13.29. Chains the blocks of one AES-ECB cipher (NIST SP
 * 800-38A, 6.2).
 */
export function encryptPayload(aesKey: Uint8Array, iv: Uint8Array, data: Uint8Array, target: Buffer, at: number): void {
  const made = ciphersOf(aesKey)
  made.encrypting ??= createCipheriv('aes-128-ecb', aesKey, null).setAutoPadding(false)
  const end = at + payloadLength(data.length)
  const padAt = at + BLOCK + data.length
  target.set(iv, at)
  target.set(data, at + BLOCK)
  for (let i = padAt; i < end - 1; i++) target[i] = i - padAt + 1
  target[end - 1] = end - 1 - padAt
  for (let block = at + BLOCK; block < end; block += BLOCK) {
    xorWithBlockBefore(target, block, target, block - BLOCK)
    target.set(made.encrypting.update(target.subarray(block, block + BLOCK)), block)
  }
}

/**
 * The data of the AES-CBC-128 payload in [start, end), whose integrity code was verified. Throws MalformedError for incomplete
 * blocks or a pad length that cannot be. §13.29. The last byte of the plain text counts the pad: 0..15, and 16 instead of 0
 * from phosphor-net-ipmid (OpenBMC). The values of the pad bytes are ignored, since some BMCs do not send 01h 02h ...
 */
export function decryptPayload(aesKey: Uint8Array, datagram: Uint8Array, start: number, end: number): Buffer {
  const length = Math.min(end, datagram.length) - start
  if (length < 2 * BLOCK || length % BLOCK !== 0) throw new MalformedError('not whole AES blocks')
  const made = ciphersOf(aesKey)
  made.decrypting ??= createDecipheriv('aes-128-ecb', aesKey, null).setAutoPadding(false)
  const plain = made.decrypting.update(datagram.subarray(start + BLOCK, start + length))
  for (let at = 0; at < plain.length; at += BLOCK) xorWithBlockBefore(plain, at, datagram, start + at)
  const padLength = plain[plain.length - 1] ?? 0
  if (padLength > BLOCK || padLength >= plain.length)
    throw new MalformedError('impossible confidentiality pad', 'padding')
  return plain.subarray(0, plain.length - 1 - padLength)
}

/** Combines the block of `data` at `at` with the one of `chain` before it, which begins at `before`. */
function xorWithBlockBefore(data: Uint8Array, at: number, chain: Uint8Array, before: number): void {
  for (let i = 0; i < BLOCK; i++) data[at + i] = (data[at + i] ?? 0) ^ (chain[before + i] ?? 0)
}
