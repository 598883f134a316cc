import { createHmac } from 'node:crypto'
import type { CipherSuite } from './cipher-suite.ts'
import { type RakpExchange, uint32 } from './rakp-exchange.ts'

/** Key exchange authentication code of RAKP 2: HMAC_password(SIDc | SIDm | Rc | Rm | GUIDm | role | name length | name). §13.31. */
export function rakp2Code(suite: CipherSuite, exchange: RakpExchange): Buffer {
  return createHmac(suite.hash, exchange.password)
    .update(uint32(exchange.consoleSessionId))
    .update(uint32(exchange.managedSessionId))
    .update(exchange.consoleRandom)
    .update(exchange.managedRandom)
    .update(exchange.managedGuid)
    .update(Uint8Array.of(exchange.role, exchange.username.length))
    .update(exchange.username)
    .digest()
}

/** Key exchange authentication code of RAKP 3: HMAC_password(Rm | SIDc | role | name length | name). §13.31. */
export function rakp3Code(suite: CipherSuite, exchange: RakpExchange): Buffer {
  return createHmac(suite.hash, exchange.password)
    .update(exchange.managedRandom)
    .update(uint32(exchange.consoleSessionId))
    .update(Uint8Array.of(exchange.role, exchange.username.length))
    .update(exchange.username)
    .digest()
}

/** Integrity check value of RAKP 4: HMAC_SIK(Rc | SIDm | GUIDm), cut to the integrity algorithm's length. §13.31. */
export function rakp4Code(suite: CipherSuite, exchange: RakpExchange, sik: Uint8Array): Buffer {
  return createHmac(suite.hash, sik)
    .update(exchange.consoleRandom)
    .update(uint32(exchange.managedSessionId))
    .update(exchange.managedGuid)
    .digest()
    .subarray(0, suite.integrityLength)
}
