import type { BmcSession, WaitingFor } from './bmc-session.ts'

/** What a datagram is to the conversation that got it, if it does not answer transmission 0, 1, ... of the exchange. */
export const Read = {
  /** It answers the exchange; which transmission is not known, so there is no round-trip sample. */
  someTransmission: -1,
  /** It ends the exchange, as the answer to something else. */
  other: -2,
  /** It is taken, and the exchange goes on. */
  noted: -3,
  /** It is nothing that was waited for. */
  unexpected: -4,
} as const

/** How an exchange ended. `silent`: no answer to the last transmission. `deadline`: the run's deadline came. */
export type ExchangeEnd = 'answered' | 'silent' | 'stalled' | 'deadline'

/** What the conversations say. `datagram` and `read` go by what the session waits for. */
export interface Protocol {
  /** The bytes of a transmission of the exchange, numbered 0, 1, ... */
  datagram(session: BmcSession, transmission: number): Uint8Array
  /**
   * Reads a datagram for this conversation. Returns the number of the transmission that it answers, or one of Read. Throws
   * MalformedError.
   */
  read(session: BmcSession, datagram: Uint8Array): number
  /**
   * The exchange that waited for `was` is over. Without an exchange: the deadline has come, or the pause is over (`silent`).
   */
  ended(session: BmcSession, end: ExchangeEnd, was: WaitingFor): void
  /** A transmission has not been answered in its time. True: the exchange ends as stalled. */
  isStalled(session: BmcSession, nowMs: number): boolean
}
