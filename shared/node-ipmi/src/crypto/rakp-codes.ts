import type { CipherSuite } from './cipher-suite.ts'
import { type HmacParts, hmac } from './hmac.ts'
import type { RakpExchange } from './rakp-exchange.ts'

/** Key exchange authentication code of RAKP 2: HMAC_password(SIDc | SIDm | Rc | Rm | GUIDm | role | name length | name). §13.31. */
export function rakp2Code(suite: CipherSuite, exchange: RakpExchange): HmacParts {
  return hmac(suite.hash, exchange.password)
    .uint32(exchange.consoleSessionId)
    .uint32(exchange.managedSessionId)
    .bytes(exchange.consoleRandom)
    .bytes(exchange.managedRandom)
    .bytes(exchange.managedGuid)
    .byte(exchange.role)
    .byte(exchange.username.length)
    .bytes(exchange.username)
}

/** Key exchange authentication code of RAKP 3: HMAC_password(Rm | SIDc | role | name length | name). §13.31. */
export function rakp3Code(suite: CipherSuite, exchange: RakpExchange): HmacParts {
  return hmac(suite.hash, exchange.password)
    .bytes(exchange.managedRandom)
    .uint32(exchange.consoleSessionId)
    .byte(exchange.role)
    .byte(exchange.username.length)
    .bytes(exchange.username)
}

/** Integrity check value of RAKP 4: the first bytes of HMAC_SIK(Rc | SIDm | GUIDm), as many as the integrity algorithm's. §13.31. */
export function rakp4Code(suite: CipherSuite, exchange: RakpExchange, sik: Uint8Array): HmacParts {
  return hmac(suite.hash, sik)
    .bytes(exchange.consoleRandom)
    .uint32(exchange.managedSessionId)
    .bytes(exchange.managedGuid)
}
