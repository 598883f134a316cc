import type { FaultRule } from './fault-rule.ts'

/** Faults that a test switches on. The caller may change them at any time. A rate is a share of datagrams, 0..1. */
export interface BmcFaults {
  /** What happens to single commands and handshake messages. */
  rules?: readonly FaultRule[]
  /** Session sequence number of a session's first answer, 1..2^32-1; default 1. */
  firstSequence?: number
  /** Rate of datagrams lost on their way to the BMC. */
  lossIn?: number
  /** Rate of answers lost on their way back. */
  lossOut?: number
  /** Rate of answers sent twice. */
  duplicateOut?: number
  /** Rate of datagrams that arrive twice. */
  duplicateIn?: number
  /** Rate of answers with one byte changed. */
  corruptOut?: number
  /** Delay of each answer, in milliseconds. */
  delayMs?: number
  /** Additional random delay of each answer, up to this many milliseconds; answers then overtake each other. */
  jitterMs?: number
  /** The BMC answers nothing. */
  hang?: boolean
  /** This many next commands in sessions get C0h (node busy) and are not executed. */
  busyCommands?: number
  /** Command name to completion code: the command gets that code and is not executed. */
  completionCodes?: Readonly<Record<string, number>>
  /** This many next answers in sessions have a wrong integrity code. */
  wrongIntegrityCodes?: number
  /** Open Session gets status 01h, as if no slot were free. */
  fullSessionTable?: boolean
  /** Get Channel Cipher Suites outside a session gets no answer, as with ipmi_sim. */
  silentCipherSuites?: boolean
  /** Setting boot option parameter 3, which turns off the expiry of boot flags, gets 80h (not supported). */
  refuseTimerOption?: boolean
  /** Chassis Control gets 00h and nothing happens. */
  ignorePowerControl?: boolean
  /** Milliseconds after a Chassis Control during which the power state still reads as before. */
  stalePowerMs?: number
}
