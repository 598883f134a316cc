import type { CipherSuite } from '../crypto/cipher-suite.ts'
import type { RakpExchange } from '../crypto/rakp-exchange.ts'
import type { SessionKeys } from '../crypto/session-keys.ts'
import type { SequenceWindow } from './sequence-window.ts'

/** A user of the BMC. */
export interface User {
  /** 1..63. */
  readonly id: number
  /** 0..16 bytes. */
  readonly name: Uint8Array
  /** 0..20 bytes. */
  readonly password: Uint8Array
  /** Highest privilege level, 1..4; 0 for none. */
  readonly privilegeLimit: number
  /** The user is enabled and has IPMI messaging. */
  readonly mayOpenSession: boolean
}

/**
 * RAKP 1 was answered. A refused session keeps its slot until another session needs it, so a repeat gets the same
 * answer.
 */
export interface ChallengedStage {
  readonly name: 'challenged'
  readonly exchange: RakpExchange
  /** Status of RAKP 2. */
  readonly status: number
  readonly user: User | undefined
}

export interface ActiveStage {
  readonly name: 'active'
  readonly user: User
  readonly keys: SessionKeys
  /** Codes of RAKP 3 and 4, for answering a repeated RAKP 3. */
  readonly rakp3Code: Uint8Array
  readonly rakp4Code: Uint8Array
  /** Highest level that Set Session Privilege Level gives: the role of RAKP 1. */
  readonly privilegeLimit: number
  /** Starts at User. §22.18. */
  privilegeLevel: number
  /** Session sequence numbers received. */
  readonly window: SequenceWindow
  /** Last session sequence number sent; before the first answer, the number before it, or 0. */
  sent: number
}

export type Stage = { readonly name: 'opened' } | ChallengedStage | ActiveStage

/** One slot of the BMC's session table. */
export interface ManagedSession {
  readonly managedSessionId: number
  readonly consoleSessionId: number
  /** Number of the session for Get Session Info, 1..255. §22.20. */
  readonly handle: number
  /** Address and port of the console; packets from another source do not belong to the session. */
  readonly peer: string
  readonly suite: CipherSuite
  /** Highest privilege level, from the Open Session Request. */
  readonly privilegeLimit: number
  stage: Stage
  lastSeenMs: number
}
