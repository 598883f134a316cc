import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { FieldReader } from '@powerbus/drp'
import type { Json } from '@powerbus/store'

/** A password's hash with what made it, so that later versions can ask for more work and still check older hashes. */
export interface PasswordHash {
  /** scrypt's work factor, a power of two; it takes 128 * cost * blockSize bytes. RFC 7914 §2. */
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
  /** Base64. */
  readonly salt: string
  /** Base64. */
  readonly hash: string
}

/** Cost of new hashes: 32 MiB and about a tenth of a second. With WORK, OWASP's equal of N = 2^17, r = 8, p = 1. */
export const PASSWORD_COST = 2 ** 15
const WORK = { blockSize: 8, parallelization: 3 } as const
const HASH_BYTES = 32
const SALT_BYTES = 16
const MEMORY_BYTES_MAX = 256 * 1024 * 1024

/** A hash with a salt of its own; `cost` is a power of two. */
export async function hashPassword(password: string, cost: number = PASSWORD_COST): Promise<PasswordHash> {
  const made = { ...WORK, cost, salt: randomBytes(SALT_BYTES).toString('base64') }
  return { ...made, hash: (await derived(password, made, HASH_BYTES)).toString('base64') }
}

/** Compares in constant time. */
export async function isPassword(password: string, known: PasswordHash): Promise<boolean> {
  const expected = Buffer.from(known.hash, 'base64')
  return timingSafeEqual(await derived(password, known, expected.length), expected)
}

/** A hash that no password has: the check of a user who is not there takes as long as of one who is. */
export function nobodysHash(cost: number = PASSWORD_COST): PasswordHash {
  return {
    ...WORK,
    cost,
    salt: randomBytes(SALT_BYTES).toString('base64'),
    hash: randomBytes(HASH_BYTES).toString('base64'),
  }
}

/** Throws DecodeError. */
export function decodePasswordHash(value: Json): PasswordHash {
  const read = new FieldReader(value, 'PasswordHash')
  return {
    cost: read.integer('cost'),
    blockSize: read.integer('blockSize'),
    parallelization: read.integer('parallelization'),
    salt: read.name('salt'),
    hash: read.name('hash'),
  }
}

function derived(
  password: string,
  { cost, blockSize, parallelization, salt }: Omit<PasswordHash, 'hash'>,
  bytes: number,
) {
  const options = { cost, blockSize, parallelization, maxmem: MEMORY_BYTES_MAX }
  return new Promise<Buffer>((resolve, reject) => {
    // Keyboards write one letter as one or two code points.
    scrypt(password.normalize('NFC'), Buffer.from(salt, 'base64'), bytes, options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}
