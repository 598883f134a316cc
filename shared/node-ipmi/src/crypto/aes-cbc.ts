import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from 'node:crypto'
import { MalformedError } from '../codec/malformed-error.ts'

export const BLOCK = 16

/** A key with its two ciphers: making one costs as much as encrypting hundreds of blocks. */
export interface AesKey {
  /** 16 bytes, which must not change. */
  readonly aesKey: Uint8Array
  encrypting?: Cipher | undefined
  decrypting?: Decipher | undefined
}

/** Bytes of the AES-CBC-128 payload of so many bytes of data. */
export function payloadLength(dataLength: number): number {
  return 2 * BLOCK + dataLength - (dataLength % BLOCK)
}

/**
 * Makes an AES-CBC-128 payload of the `length` bytes of data that stand at `at` + 16: IV at `at`, then encrypted data, pad
 * 01h 02h ..., pad length. `iv` must be 16 fresh random bytes. §13.29. Chains the blocks of one AES-ECB cipher (NIST SP
 * 800-38A, 6.2).
 */
export function encryptPayload(key: AesKey, iv: Uint8Array, datagram: Buffer, at: number, length: number): void {
  key.encrypting ??= createCipheriv('aes-128-ecb', key.aesKey, null).setAutoPadding(false)
  const end = at + payloadLength(length)
  const padAt = at + BLOCK + length
  datagram.set(iv, at)
  for (let i = padAt; i < end - 1; i++) datagram[i] = i - padAt + 1
  datagram[end - 1] = end - 1 - padAt
  for (let block = at + BLOCK; block < end; block += BLOCK) {
    xorWithBlockBefore(datagram, block, datagram, block - BLOCK)
    datagram.set(key.encrypting.update(datagram.subarray(block, block + BLOCK)), block)
  }
}

/**
 * The data of the AES-CBC-128 payload in [start, end), whose integrity code was verified. Throws MalformedError for incomplete
 * blocks or a pad length that cannot be. §13.29. The last byte of the plain text counts the pad: 0..15, and 16 instead of 0
 * from phosphor-net-ipmid (OpenBMC). The values of the pad bytes are ignored, since some BMCs do not send 01h 02h ...
 */
export function decryptPayload(key: AesKey, datagram: Uint8Array, start: number, end: number): Buffer {
  const length = Math.min(end, datagram.length) - start
  if (length < 2 * BLOCK || length % BLOCK !== 0) throw new MalformedError('not whole AES blocks')
  key.decrypting ??= createDecipheriv('aes-128-ecb', key.aesKey, null).setAutoPadding(false)
  const plain = key.decrypting.update(datagram.subarray(start + BLOCK, start + length))
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
