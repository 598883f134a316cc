import type { CipherSuite } from './cipher-suite.ts'
import { hmac } from './hmac.ts'
import { type RakpExchange, uint32 } from './rakp-exchange.ts'

/** Key exchange authentication code of RAKP 2: HMAC_password(SIDc | SIDm | Rc | Rm | GUIDm | role | name length | name). §13.31. */
export function rakp2Code(suite: CipherSuite, exchange: RakpExchange): Buffer {
  return hmac(
    suite.hash,
    exchange.password,
    uint32(exchange.consoleSessionId),
    uint32(exchange.managedSessionId),
    exchange.consoleRandom,
    exchange.managedRandom,
    exchange.managedGuid,
    Uint8Array.of(exchange.role, exchange.username.length),
    exchange.username,
  )
}

/** Key exchange authentication code of RAKP 3: HMAC_password(Rm | SIDc | role | name length | name). §13.31. */
export function rakp3Code(suite: CipherSuite, exchange: RakpExchange): Buffer {
  return hmac(
    suite.hash,
    exchange.password,
    exchange.managedRandom,
    uint32(exchange.consoleSessionId),
    Uint8Array.of(exchange.role, exchange.username.length),
    exchange.username,
  )
}

/** Integrity check value of RAKP 4: HMAC_SIK(Rc | SIDm | GUIDm), cut to the integrity algorithm's length. §13.31. */
export function rakp4Code(suite: CipherSuite, exchange: RakpExchange, sik: Uint8Array): Buffer {
  const { consoleRandom, managedSessionId, managedGuid } = exchange
  const code = hmac(suite.hash, sik, consoleRandom, uint32(managedSessionId), managedGuid)
  return code.subarray(0, suite.integrityLength)
}
