import type { AesKey } from './aes-cbc.ts'
import type { CipherSuite } from './cipher-suite.ts'
import { hmac } from './hmac.ts'
import type { RakpExchange } from './rakp-exchange.ts'

/** Keys that authenticate and encrypt the packets of a session. §13.31, §13.32. */
export interface SessionKeys extends AesKey {
  readonly suite: CipherSuite
  /** Session integrity key (SIK), 20 or 32 bytes. */
  readonly sik: Buffer
  /** K1: key of the packets' integrity codes, 20 or 32 bytes. */
  readonly k1: Buffer
  /** The first 16 bytes of K2. */
  readonly aesKey: Buffer
}

/** 20 bytes. §13.32 gives them the length of the hash, but tools and BMCs use 20 bytes for SHA-256 too. */
const K1_CONSTANT = Buffer.alloc(20, 1)
const K2_CONSTANT = Buffer.alloc(20, 2)

/** SIK = HMAC_Kg(Rc | Rm | role | name length | name); Kn = HMAC_SIK(20 bytes of value n). §13.31, §13.32. */
export function deriveSessionKeys(suite: CipherSuite, exchange: RakpExchange): SessionKeys {
  const key = exchange.kg === undefined || exchange.kg.length === 0 ? exchange.password : exchange.kg
  const sik = hmac(suite.hash, key)
    .bytes(exchange.consoleRandom)
    .bytes(exchange.managedRandom)
    .byte(exchange.role)
    .byte(exchange.username.length)
    .bytes(exchange.username)
    .digest()
  const k1 = hmac(suite.hash, sik).bytes(K1_CONSTANT).digest()
  const k2 = hmac(suite.hash, sik).bytes(K2_CONSTANT).digest()
  return { suite, sik, k1, aesKey: k2.subarray(0, 16), encrypting: undefined, decrypting: undefined }
}
