import { MalformedError } from '../codec/malformed-error.ts'
import { readUint32, writeUint32 } from '../codec/uint32.ts'
import { type CipherSuite, cipherSuites } from '../crypto/cipher-suite.ts'
import { rakp2Code, rakp3Code, rakp4Code } from '../crypto/rakp-codes.ts'
import type { RakpExchange } from '../crypto/rakp-exchange.ts'
import { deriveSessionKeys, type SessionKeys } from '../crypto/session-keys.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { plainDatagram, plainPayloadEnd } from '../wire/plain-packet.ts'
import { PAYLOAD_OFFSET } from '../wire/session-header.ts'
import { algorithmPayloadHeaders, openSessionRequest } from './open-session.ts'
import type { Proposal } from './proposals.ts'
import { MAX_USERNAME_LENGTH, NAME_ONLY_LOOKUP } from './rakp-1.ts'

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
 * order of the protocol, each as a whole datagram, in which its fields are written and read where they stand. They neither
 * send nor wait. Each reader returns the RMCP+ status of the answer, and throws MalformedError if it is no answer: the
 * wait for the answer then goes on.
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

/** Offsets in the datagrams of all answers. §13.18, §13.21, §13.23. */
export const TAG_AT = PAYLOAD_OFFSET
const STATUS_AT = PAYLOAD_OFFSET + 1
const CONSOLE_SESSION_ID_AT = PAYLOAD_OFFSET + 4
/** In an Open Session Response. The last algorithm may be its last byte. */
const MANAGED_SESSION_ID_AT = PAYLOAD_OFFSET + 8
const AUTHENTICATION_AT = PAYLOAD_OFFSET + 16
const INTEGRITY_AT = PAYLOAD_OFFSET + 24
const CONFIDENTIALITY_AT = PAYLOAD_OFFSET + 32
const ALGORITHM_MASK = 0x3f
/** In RAKP 2 and in RAKP 4. */
const MANAGED_RANDOM_AT = PAYLOAD_OFFSET + 8
const MANAGED_GUID_AT = PAYLOAD_OFFSET + 24
const RAKP2_CODE_AT = PAYLOAD_OFFSET + 40
const RAKP4_CODE_AT = PAYLOAD_OFFSET + 8
/** In RAKP 1 and RAKP 3. §13.20, §13.22. */
const SESSION_ID_AT = PAYLOAD_OFFSET + 4
const CONSOLE_RANDOM_AT = PAYLOAD_OFFSET + 8
const ROLE_AT = PAYLOAD_OFFSET + 24
const USERNAME_LENGTH_AT = PAYLOAD_OFFSET + 27
const USERNAME_AT = PAYLOAD_OFFSET + 28
const RAKP3_CODE_AT = PAYLOAD_OFFSET + 8

/** Open Session Requests of the proposals, with tag and session ID 0. */
const openSessionTemplates = new Map<Proposal, Uint8Array>()

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
export function openSessionDatagram(handshake: ConsoleHandshake, tag: number, proposal: Proposal): Buffer {
  const template = openSessionTemplate(proposal)
  const datagram = plainDatagram(PayloadType.OpenSessionRequest, template.length)
  datagram.set(template, PAYLOAD_OFFSET)
  datagram[TAG_AT] = tag
  writeUint32(datagram, CONSOLE_SESSION_ID_AT, handshake.consoleSessionId)
  return datagram
}

/** Open Session Response: accepted if its algorithms are those of a suite among `proposed`. §13.18. */
export function readOpenSession(
  handshake: ConsoleHandshake,
  datagram: Uint8Array,
  proposed: readonly Proposal[],
): number {
  const status = readStatus(handshake, datagram, CONFIDENTIALITY_AT + 1)
  if (status !== RmcpPlusStatus.Ok) return status
  const managedSessionId = readUint32(datagram, MANAGED_SESSION_ID_AT)
  if (managedSessionId === 0) throw new MalformedError('session ID 0')
  for (let i = 0; i < proposed.length; i++) {
    const suite = cipherSuites[(proposed[i] as Proposal).suite]
    if (
      ((datagram[AUTHENTICATION_AT] ?? 0) & ALGORITHM_MASK) === suite.authenticationAlgorithm &&
      ((datagram[INTEGRITY_AT] ?? 0) & ALGORITHM_MASK) === suite.integrityAlgorithm &&
      ((datagram[CONFIDENTIALITY_AT] ?? 0) & ALGORITHM_MASK) === suite.confidentialityAlgorithm
    ) {
      handshake.suite = suite
      handshake.managedSessionId = managedSessionId
      return status
    }
  }
  throw new MalformedError('the BMC chose algorithms that were not proposed', 'unexpected')
}

/** RAKP 1. §13.20. */
export function rakp1Datagram(handshake: ConsoleHandshake, tag: number): Buffer {
  const { managedSessionId, consoleRandom, role, username } = handshake
  const datagram = plainDatagram(PayloadType.Rakp1, USERNAME_AT - PAYLOAD_OFFSET + username.length)
  writeUint32(datagram, TAG_AT, tag)
  writeUint32(datagram, SESSION_ID_AT, managedSessionId)
  datagram.set(consoleRandom, CONSOLE_RANDOM_AT)
  writeUint32(datagram, ROLE_AT, role)
  datagram[USERNAME_LENGTH_AT] = username.length
  datagram.set(username, USERNAME_AT)
  return datagram
}

/** RAKP 2. A code that the password does not give reads as status 0Fh. A good one gives the session's keys. §13.21. */
export function readRakp2(handshake: ConsoleHandshake, datagram: Uint8Array): number {
  const { suite } = handshake
  const status = readStatus(handshake, datagram, RAKP2_CODE_AT + suite.authenticationLength)
  if (status !== RmcpPlusStatus.Ok) return status
  handshake.managedRandom = datagram.subarray(MANAGED_RANDOM_AT, MANAGED_RANDOM_AT + 16)
  handshake.managedGuid = datagram.subarray(MANAGED_GUID_AT, MANAGED_GUID_AT + 16)
  if (!rakp2Code(suite, handshake).isAt(datagram, RAKP2_CODE_AT, suite.authenticationLength))
    return RmcpPlusStatus.InvalidIntegrityCheckValue
  handshake.keys = deriveSessionKeys(suite, handshake)
  return RmcpPlusStatus.Ok
}

/** RAKP 3. §13.22. */
export function rakp3Datagram(handshake: ConsoleHandshake, tag: number): Buffer {
  const { suite, role, plainName: username, quirks } = handshake
  const exchange: RakpExchange = quirks?.rakp3LevelAlone
    ? { ...handshake, username, role: role & ~NAME_ONLY_LOOKUP }
    : handshake
  const datagram = rakp3WithoutCode(handshake, tag, RmcpPlusStatus.Ok, suite.authenticationLength)
  rakp3Code(suite, exchange).writeTo(datagram, RAKP3_CODE_AT, suite.authenticationLength)
  return datagram
}

/** RAKP 3 with a status: the BMC frees the half-open session and does not answer. §13.22. */
export function refuseRakp2Datagram(handshake: ConsoleHandshake, tag: number): Buffer {
  return rakp3WithoutCode(handshake, tag, RmcpPlusStatus.InvalidIntegrityCheckValue, 0)
}

function rakp3WithoutCode({ managedSessionId }: ConsoleHandshake, tag: number, status: number, codeLength: number) {
  const datagram = plainDatagram(PayloadType.Rakp3, RAKP3_CODE_AT - PAYLOAD_OFFSET + codeLength)
  writeUint32(datagram, TAG_AT, tag | (status << 8))
  writeUint32(datagram, SESSION_ID_AT, managedSessionId)
  return datagram
}

/** RAKP 4. A wrong integrity check value reads as status 0Fh. §13.23. */
export function readRakp4(handshake: ConsoleHandshake, datagram: Uint8Array): number {
  const { suite, keys, quirks } = handshake
  const codeLength = quirks?.wrongCheckValue ? 0 : suite.integrityLength
  const status = readStatus(handshake, datagram, RAKP4_CODE_AT + codeLength)
  if (status !== RmcpPlusStatus.Ok) return status
  if (keys === undefined) throw new MalformedError('RAKP 4 before RAKP 2', 'unexpected')
  if (codeLength === 0) return RmcpPlusStatus.Ok
  const isRight = rakp4Code(suite, handshake, keys.sik).isAt(datagram, RAKP4_CODE_AT, codeLength)
  return isRight ? RmcpPlusStatus.Ok : RmcpPlusStatus.InvalidIntegrityCheckValue
}

/**
 * The status of an answer that has `leastEnd` bytes at least if it is no refusal. Refusals may end after the status
 * (ipmi_sim), and may have session ID 0, since some BMCs send none in them.
 */
function readStatus({ consoleSessionId }: ConsoleHandshake, datagram: Uint8Array, leastEnd: number): number {
  const end = plainPayloadEnd(datagram)
  if (end <= STATUS_AT) throw new MalformedError('an answer without a status')
  const status = datagram[STATUS_AT] ?? 0
  if (status === RmcpPlusStatus.Ok && end < leastEnd)
    throw new MalformedError(`an answer that ends at ${end}, not at ${leastEnd} or later`)
  const id = end >= CONSOLE_SESSION_ID_AT + 4 ? readUint32(datagram, CONSOLE_SESSION_ID_AT) : 0
  if (id === consoleSessionId || (status !== RmcpPlusStatus.Ok && id === 0)) return status
  throw new MalformedError('an answer for another session', 'unexpected')
}

function padded(name: Uint8Array): Uint8Array {
  const whole = new Uint8Array(MAX_USERNAME_LENGTH)
  whole.set(name)
  return whole
}
