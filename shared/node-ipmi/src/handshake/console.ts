import { MalformedError } from '../codec/malformed-error.ts'
import { writeUint32 } from '../codec/uint32.ts'
import { type CipherSuite, cipherSuites } from '../crypto/cipher-suite.ts'
import { equalInConstantTime } from '../crypto/equal.ts'
import { rakp2Code, rakp3Code, rakp4Code } from '../crypto/rakp-codes.ts'
import type { RakpExchange } from '../crypto/rakp-exchange.ts'
import { deriveSessionKeys, type SessionKeys } from '../crypto/session-keys.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { algorithmPayloadHeaders, openSessionRequest, openSessionResponse } from './open-session.ts'
import type { Proposal } from './proposals.ts'
import { MAX_USERNAME_LENGTH, NAME_ONLY_LOOKUP, rakp1 } from './rakp-1.ts'
import { rakp2 } from './rakp-2.ts'
import { rakp3 } from './rakp-3.ts'
import { rakp4 } from './rakp-4.ts'

/**
 * How a BMC's handshake deviates from §13.17 to §13.31. None lets anybody else open a session: RAKP 2 proves that the BMC has the
 * password, and the packets of the session that it has K_g.
 */
export interface HandshakeQuirks {
  /** The BMC wants level 0, "highest", in the Open Session Request. */
  readonly highestLevel?: boolean
  /** For the BMC the user name has 16 bytes, padded with zeros; not in the code of RAKP 3. */
  readonly paddedName?: boolean
  /** The BMC's code of RAKP 3 covers the privilege level without the bit for a look-up by name. */
  readonly rakp3LevelAlone?: boolean
  /** The integrity check value of RAKP 4 is wrong. */
  readonly wrongCheckValue?: boolean
}

/** What the console brings to a handshake. */
export interface ConsoleLogin {
  /** 0..16 bytes. */
  readonly username: Uint8Array
  /** 0..20 bytes. */
  readonly password: Uint8Array
  readonly kg?: Uint8Array | undefined
  /** Highest privilege level that the session needs, 2..4. */
  readonly privilege: number
  readonly quirks?: HandshakeQuirks | undefined
}

/**
 * The state of one handshake at the console. §13.15. The functions below write its messages and read their answers in the
 * order of the protocol. They neither send nor wait. Each reader returns the RMCP+ status of the answer, and throws
 * MalformedError if the payload is no answer: the wait for the answer then goes on.
 */
export interface ConsoleHandshake extends ConsoleLogin {
  /** Not 0, and unique among the sessions of this console. */
  readonly consoleSessionId: number
  /** 16 fresh random bytes. */
  readonly consoleRandom: Uint8Array
  /** Byte 25 of RAKP 1. */
  readonly role: number
  /** The name as the user gave it; `username` is the one of RAKP 1. */
  readonly plainName: Uint8Array
  /** The proposal that the BMC accepted. */
  suite: CipherSuite
  managedSessionId: number
  managedRandom: Uint8Array
  managedGuid: Uint8Array
  /** Set when RAKP 2 is verified. */
  keys: SessionKeys | undefined
}

const nothing = new Uint8Array(0)

/** Begins a handshake with fresh random numbers. */
export function consoleHandshake(
  login: ConsoleLogin,
  consoleSessionId: number,
  consoleRandom: Uint8Array,
): ConsoleHandshake {
  const { username: plainName, quirks } = login
  return {
    username: quirks?.paddedName ? padded(plainName) : plainName,
    plainName,
    quirks,
    password: login.password,
    kg: login.kg,
    privilege: login.privilege,
    consoleSessionId,
    consoleRandom,
    role: login.privilege | NAME_ONLY_LOOKUP,
    suite: cipherSuites[3],
    managedSessionId: 0,
    managedRandom: nothing,
    managedGuid: nothing,
    keys: undefined,
  }
}

/** What an Open Session Request says for a proposal, with tag and session ID 0. */
const openSessionTemplates = new WeakMap<Proposal, Uint8Array>()

function openSessionTemplate(proposal: Proposal): Uint8Array {
  const known = openSessionTemplates.get(proposal)
  if (known !== undefined) return known
  const { authenticationAlgorithm, integrityAlgorithm, confidentialityAlgorithm } = cipherSuites[proposal.suite]
  const template = openSessionRequest.encode({
    ...algorithmPayloadHeaders,
    tag: 0,
    privilege: proposal.privilege,
    consoleSessionId: 0,
    authenticationAlgorithm,
    integrityAlgorithm,
    confidentialityAlgorithm,
  })
  openSessionTemplates.set(proposal, template)
  return template
}

/** Open Session Request. §13.17. */
export function openSessionMessage(handshake: ConsoleHandshake, tag: number, proposal: Proposal): Uint8Array {
  const message = openSessionTemplate(proposal).slice()
  message[0] = tag
  writeUint32(message, 4, handshake.consoleSessionId)
  return message
}

/** Open Session Response: accepted if its algorithms are those of a suite among `proposed`. §13.18. */
export function readOpenSession(
  handshake: ConsoleHandshake,
  payload: Uint8Array,
  proposed: readonly Proposal[],
): number {
  const answer = openSessionResponse.decode(payload)
  checkSessionId(answer.status, answer.consoleSessionId, handshake.consoleSessionId)
  if (answer.status !== RmcpPlusStatus.Ok) return answer.status
  if (answer.managedSessionId === 0) throw new MalformedError('session ID 0')
  for (const proposal of proposed) {
    const suite = cipherSuites[proposal.suite]
    if (
      answer.authenticationAlgorithm === suite.authenticationAlgorithm &&
      answer.integrityAlgorithm === suite.integrityAlgorithm &&
      answer.confidentialityAlgorithm === suite.confidentialityAlgorithm
    ) {
      handshake.suite = suite
      handshake.managedSessionId = answer.managedSessionId
      return answer.status
    }
  }
  throw new MalformedError('the BMC chose algorithms that were not proposed', 'unexpected')
}

/** RAKP 1. §13.20. */
export function rakp1Message(handshake: ConsoleHandshake, tag: number): Uint8Array {
  const { managedSessionId, consoleRandom, role, username } = handshake
  return rakp1.encode({ tag, managedSessionId, consoleRandom, role, username })
}

/** RAKP 2. A code that the password does not give reads as status 0Fh. A good one gives the session's keys. §13.21. */
export function readRakp2(handshake: ConsoleHandshake, payload: Uint8Array): number {
  const answer = rakp2.decode(payload)
  checkSessionId(answer.status, answer.consoleSessionId, handshake.consoleSessionId)
  if (answer.status !== RmcpPlusStatus.Ok) return answer.status
  const { suite } = handshake
  const code = cut(answer.code, suite.authenticationLength)
  handshake.managedRandom = answer.managedRandom
  handshake.managedGuid = answer.managedGuid
  const exchange: RakpExchange = handshake
  if (!equalInConstantTime(code, rakp2Code(suite, exchange))) return RmcpPlusStatus.InvalidIntegrityCheckValue
  handshake.keys = deriveSessionKeys(suite, exchange)
  return RmcpPlusStatus.Ok
}

/** RAKP 3. §13.22. */
export function rakp3Message(handshake: ConsoleHandshake, tag: number): Uint8Array {
  const { suite, managedSessionId, role, plainName: username, quirks } = handshake
  const exchange: RakpExchange = quirks?.rakp3LevelAlone
    ? { ...handshake, username, role: role & ~NAME_ONLY_LOOKUP }
    : handshake
  return rakp3.encode({ tag, status: RmcpPlusStatus.Ok, managedSessionId, code: rakp3Code(suite, exchange) })
}

/** RAKP 3 with a status: the BMC frees the half-open session and does not answer. §13.22. */
export function refuseRakp2Message({ managedSessionId }: ConsoleHandshake, tag: number): Uint8Array {
  return rakp3.encode({ tag, status: RmcpPlusStatus.InvalidIntegrityCheckValue, managedSessionId, code: nothing })
}

/** RAKP 4. A wrong integrity check value reads as status 0Fh. §13.23. */
export function readRakp4(handshake: ConsoleHandshake, payload: Uint8Array): number {
  const answer = rakp4.decode(payload)
  checkSessionId(answer.status, answer.consoleSessionId, handshake.consoleSessionId)
  if (answer.status !== RmcpPlusStatus.Ok) return answer.status
  const { suite, keys, quirks } = handshake
  if (keys === undefined) throw new MalformedError('RAKP 4 before RAKP 2', 'unexpected')
  if (quirks?.wrongCheckValue) return RmcpPlusStatus.Ok
  const code = cut(answer.code, suite.integrityLength)
  const isRight = equalInConstantTime(code, rakp4Code(suite, handshake, keys.sik))
  return isRight ? RmcpPlusStatus.Ok : RmcpPlusStatus.InvalidIntegrityCheckValue
}

/** Accepts a refusal with session ID 0 too, since some BMCs send none in refusals. */
function checkSessionId(status: number, id: number, expected: number): void {
  if (id === expected || (status !== RmcpPlusStatus.Ok && id === 0)) return
  throw new MalformedError('an answer for another session', 'unexpected')
}

/** The first bytes of a code: some BMCs send more after it. */
function cut(code: Uint8Array, length: number): Uint8Array {
  if (code.length < length) throw new MalformedError('code truncated')
  return code.length === length ? code : code.subarray(0, length)
}

function padded(name: Uint8Array): Uint8Array {
  const whole = new Uint8Array(MAX_USERNAME_LENGTH)
  whole.set(name)
  return whole
}
