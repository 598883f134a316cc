import { createHmac } from 'node:crypto'
import type { CipherSuite } from './cipher-suite.ts'
import { passwordKey, type RakpExchange } from './rakp-exchange.ts'

/** Keys that authenticate and encrypt the packets of a session. §13.31, §13.32. */
export interface SessionKeys {
  readonly suite: CipherSuite
  /** Session integrity key (SIK), 20 or 32 bytes. */
  readonly sik: Buffer
  /** K1: key of the packets' integrity codes, 20 or 32 bytes. */
  readonly k1: Buffer
  /** AES key: the first 16 bytes of K2. */
  readonly aesKey: Buffer
}

/**
 * Length in bytes of the constants for K1 and K2. §13.32 gives the hash's length, but tools and BMCs use 20 for SHA-256
 * too.
 */
const CONSTANT_LENGTH = 20

/** SIK = HMAC_Kg(Rc | Rm | role | name length | name); Kn = HMAC_SIK(20 bytes of value n). §13.31, §13.32. */
export function deriveSessionKeys(suite: CipherSuite, exchange: RakpExchange): SessionKeys {
  const key = exchange.kg === undefined || exchange.kg.length === 0 ? exchange.password : exchange.kg
  const sik = createHmac(suite.hash, passwordKey(key))
    .update(exchange.consoleRandom)
    .update(exchange.managedRandom)
    .update(Uint8Array.of(exchange.role, exchange.username.length))
    .update(exchange.username)
    .digest()
  const constant = (n: number) => createHmac(suite.hash, sik).update(Buffer.alloc(CONSTANT_LENGTH, n)).digest()
  return { suite, sik, k1: constant(1), aesKey: constant(2).subarray(0, 16) }
}
