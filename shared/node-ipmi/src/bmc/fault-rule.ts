import { PrivilegeLevel, type PrivilegeName } from '../spec/privilege-level.ts'

/** The handshake messages that a rule can name, beside the commands. §13.17 to §13.22. */
export type HandshakeMessage = 'Open Session Request' | 'RAKP Message 1' | 'RAKP Message 3'

/** Source of an answer that does not come from the BMC's own address and port. */
export interface AnswerSource {
  /** Literal address; default: the BMC's own. */
  readonly address?: string
  /** Default: any free port. */
  readonly port?: number
}

/**
 * Which requests to treat in which way. The first rule that matches a request applies, alone. A rule without
 * conditions matches every command and handshake message.
 */
export interface FaultRule {
  /** Names of commands as in the specification (`Chassis Control`), or handshake messages. */
  readonly message?: string | readonly string[]
  /** Decides by the request's data (after the command byte), or by the handshake message's payload. */
  readonly when?: (data: Uint8Array) => boolean
  /** Cipher suite that Open Session proposes, or that the session has. */
  readonly suite?: 3 | 17
  /** Level that Open Session or RAKP 1 asks for. `highest`: 0, for "the highest level". */
  readonly privilege?: PrivilegeName | 'highest'
  /** The rule ends after this many requests. The BMC counts it down. */
  times?: number

  /**
   * `request`: the BMC never sees it. `answer`: the BMC executes it, and its answer gets lost after it took its session
   * sequence number.
   */
  readonly lose?: 'request' | 'answer'
  /** The BMC executes the command, and makes no answer and takes no number for one. */
  readonly silent?: boolean
  /** The BMC executes the command this much later, in milliseconds. Commands only. */
  readonly executeAfterMs?: number
  /** The BMC executes at once, and answers this much later. The answer takes its number when it is sent. */
  readonly answerAfterMs?: number
  /** The command gets this completion code and is not executed. */
  readonly completionCode?: number
  /** The handshake message gets this RMCP+ status and nothing else happens. §13.24. */
  readonly status?: number
  /** Replaces the response's data after the completion code. */
  readonly alter?: (data: Uint8Array) => Uint8Array
  /** Message tag of the answer to a handshake message. */
  readonly tag?: number
  /** How far the answer's session sequence number is from the one before: 0 repeats it, 2 skips one. Default 1. */
  readonly sequenceStep?: number
  /** Where no confidentiality pad is due the answer has one of 16 bytes, as phosphor-net-ipmid sends it. §13.29. */
  readonly fullBlockPad?: boolean
  /** Value of the integrity pad bytes, instead of FFh. §13.6. */
  readonly integrityPad?: number
  /** Value of the next header, instead of 07h. §13.6. */
  readonly nextHeader?: number
  /** The answer comes from there. */
  readonly from?: AnswerSource
}

/** What a rule's conditions compare with. */
export interface FaultRequest {
  /** Undefined for a command that the BMC does not know. */
  readonly message: string | undefined
  readonly data: Uint8Array
  readonly suite: number | undefined
  /** Privilege level that a handshake message asks for, 0..15. */
  readonly privilege: number | undefined
}

const noFault: FaultRule = {}

/** The rule that applies to a request, counted down; a rule without effects if there is none. */
export function takeRule(rules: readonly FaultRule[] | undefined, request: () => FaultRequest): FaultRule {
  if (rules === undefined || rules.length === 0) return noFault
  const facts = request()
  const rule = rules.find((candidate) => matches(candidate, facts))
  if (rule === undefined) return noFault
  if (rule.times !== undefined) rule.times--
  return rule
}

function matches({ message, when, suite, privilege, times }: FaultRule, facts: FaultRequest): boolean {
  if (times !== undefined && times <= 0) return false
  if (message !== undefined && (facts.message === undefined || ![message].flat().includes(facts.message))) return false
  if (suite !== undefined && suite !== facts.suite) return false
  if (privilege !== undefined && facts.privilege !== levelOf(privilege)) return false
  return when === undefined || when(facts.data)
}

function levelOf(privilege: PrivilegeName | 'highest'): number {
  return privilege === 'highest' ? 0 : PrivilegeLevel[privilege]
}
