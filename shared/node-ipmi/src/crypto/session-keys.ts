import type { CipherSuite } from './cipher-suite.ts'
import { hmac } from './hmac.ts'
import type { RakpExchange } from './rakp-exchange.ts'

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

/** 20 bytes. §13.32 gives them the length of the hash, but tools and BMCs use 20 bytes for SHA-256 too. */
const K1_CONSTANT = new Uint8Array(20).fill(1)
const K2_CONSTANT = new Uint8Array(20).fill(2)

/** SIK = HMAC_Kg(Rc | Rm | role | name length | name); Kn = HMAC_SIK(20 bytes of value n). §13.31, §13.32. */
export function deriveSessionKeys(suite: CipherSuite, exchange: RakpExchange): SessionKeys {
  const key = exchange.kg === undefined || exchange.kg.length === 0 ? exchange.password : exchange.kg
  const sik = hmac(
    suite.hash,
    key,
    exchange.consoleRandom,
    exchange.managedRandom,
    Uint8Array.of(exchange.role, exchange.username.length),
    exchange.username,
  )
  const derive = (constant: Uint8Array) => hmac(suite.hash, sik, constant)
  return { suite, sik, k1: derive(K1_CONSTANT), aesKey: derive(K2_CONSTANT).subarray(0, 16) }
}
