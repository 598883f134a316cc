import { createHmac } from 'node:crypto'
import type { CipherSuite } from './cipher-suite.ts'
import { passwordKey, type RakpExchange } from './rakp-exchange.ts'

/** What a session's packets are authenticated and encrypted with. */
export interface SessionKeys {
  readonly suite: CipherSuite
  /** Session integrity key. */
  readonly sik: Buffer
  /** Key of the packets' integrity codes. */
  readonly k1: Buffer
  /** AES key, 16 bytes. */
  readonly aesKey: Buffer
}

/** 20 bytes with SHA-256 too: the specification speaks of the hash's size, but every tool and BMC uses 20. §13.32. */
const CONSTANT_LENGTH = 20

/** SIK = HMAC_Kg(Rc | Rm | role | name length | name); K1 and K2 are HMACs of a constant. §13.31, §13.32. */
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
