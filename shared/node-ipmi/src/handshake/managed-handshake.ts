import type { CipherSuite } from '../crypto/cipher-suite.ts'
import { equalInConstantTime } from '../crypto/equal.ts'
import { rakp2Code, rakp3Code, rakp4Code } from '../crypto/rakp-codes.ts'
import { deriveSessionKeys } from '../crypto/session-keys.ts'
import type { ManagedSession, User } from '../session/managed-session.ts'
import { SequenceWindow } from '../session/sequence-window.ts'
import type { SessionTable } from '../session/session-table.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { chooseCipherSuite } from './choose-cipher-suite.ts'
import { findUser } from './find-user.ts'
import { algorithmPayloadHeaders, openSessionRequest, openSessionResponse } from './open-session.ts'
import { type Rakp1, rakp1 } from './rakp-1.ts'
import { rakp2 } from './rakp-2.ts'
import { rakp3 } from './rakp-3.ts'
import { rakp4 } from './rakp-4.ts'

export interface ManagedHandshakeOptions {
  readonly sessions: SessionTable
  readonly users: readonly User[]
  /** Highest privilege level of the channel, 1..4. */
  readonly channelLimit: () => number
  readonly suites: readonly CipherSuite[]
  /** 16 bytes. */
  readonly guid: Uint8Array
  readonly kg: Uint8Array | undefined
  /** Returns `length` random bytes. */
  readonly random: (length: number) => Uint8Array
  readonly nowMs: () => number
  /** Session sequence number of the first answer of a session, 1..2^32-1. */
  readonly firstSequence: () => number
  /** Called when a session becomes active. */
  readonly onOpened: () => void
}

/**
 * The BMC's side of opening a session, §13.14 to §13.23. Each method takes a payload and its sender, and returns the
 * payload of the answer, or undefined for no answer. A repeat with any tag gets the same answer and takes no second
 * slot. The methods throw MalformedError for an unreadable payload.
 */
export class ManagedHandshake {
  readonly #options: ManagedHandshakeOptions

  constructor(options: ManagedHandshakeOptions) {
    this.#options = options
  }

  /** Open Session Request → Open Session Response. */
  openSession(payload: Uint8Array, peer: string): Uint8Array {
    const { sessions, suites, nowMs } = this.#options
    const request = openSessionRequest.decode(payload)
    const { tag, consoleSessionId } = request
    const refuse = (status: number) => openSessionResponse.encode({ ...nothingOpened, tag, consoleSessionId, status })

    const choice = chooseCipherSuite(suites, request)
    if (typeof choice === 'number') return refuse(choice)
    if (request.privilege > PrivilegeLevel.administrator) return refuse(RmcpPlusStatus.InvalidRole)
    const privilegeLimit = request.privilege === 0 ? PrivilegeLevel.administrator : request.privilege

    const repeated = sessions.find(
      (other) =>
        other.stage.name !== 'active' &&
        other.peer === peer &&
        other.consoleSessionId === consoleSessionId &&
        other.suite === choice &&
        other.privilegeLimit === privilegeLimit,
    )
    const opened = { consoleSessionId, peer, suite: choice, privilegeLimit, stage: { name: 'opened' } } as const
    const session =
      repeated ?? sessions.add({ ...opened, managedSessionId: this.#freeSessionId(), lastSeenMs: nowMs() })
    if (session === undefined) return refuse(RmcpPlusStatus.InsufficientResources)
    return openSessionResponse.encode({
      ...algorithmPayloadHeaders,
      tag,
      status: RmcpPlusStatus.Ok,
      privilege: privilegeLimit,
      consoleSessionId,
      managedSessionId: session.managedSessionId,
      authenticationAlgorithm: choice.authenticationAlgorithm,
      integrityAlgorithm: choice.integrityAlgorithm,
      confidentialityAlgorithm: choice.confidentialityAlgorithm,
    })
  }

  /** RAKP Message 1 → RAKP Message 2. No answer for a session that is already active. */
  rakp1(payload: Uint8Array, peer: string): Uint8Array | undefined {
    const message = rakp1.decode(payload)
    const session = this.#sessionOf(message.managedSessionId, peer)
    if (session === undefined) {
      const status = RmcpPlusStatus.InvalidSessionId
      return rakp2.encode({ ...nothingChallenged, tag: message.tag, status, consoleSessionId: 0 })
    }
    if (session.stage.name === 'active') return undefined
    const challenge =
      session.stage.name === 'challenged' && isRepeat(session.stage.exchange, message)
        ? session.stage
        : this.#challenge(session, message)
    session.stage = challenge
    this.#options.sessions.touch(session)
    const { exchange, status } = challenge
    return rakp2.encode({
      tag: message.tag,
      status,
      consoleSessionId: session.consoleSessionId,
      managedRandom: exchange.managedRandom,
      managedGuid: exchange.managedGuid,
      code: status === RmcpPlusStatus.Ok ? rakp2Code(session.suite, exchange).digest() : new Uint8Array(0),
    })
  }

  /**
   * RAKP Message 3 → RAKP Message 4. A right code makes the session active. A wrong code or a refusal frees its slot.
   */
  rakp3(payload: Uint8Array, peer: string): Uint8Array | undefined {
    const { sessions } = this.#options
    const { tag, status, managedSessionId, code } = rakp3.decode(payload)
    const session = this.#sessionOf(managedSessionId, peer)
    const respond = (answer: number, integrityCode: Uint8Array = new Uint8Array(0)) =>
      rakp4.encode({ tag, status: answer, consoleSessionId: session?.consoleSessionId ?? 0, code: integrityCode })

    if (session === undefined) return status === 0 ? respond(RmcpPlusStatus.InvalidSessionId) : undefined
    const { stage } = session
    if (stage.name === 'active') {
      return equalInConstantTime(code, stage.rakp3Code) ? respond(RmcpPlusStatus.Ok, stage.rakp4Code) : undefined
    }
    if (stage.name === 'opened' || stage.user === undefined || status !== RmcpPlusStatus.Ok) {
      sessions.remove(session)
      return status === RmcpPlusStatus.Ok ? respond(RmcpPlusStatus.InactiveSessionId) : undefined
    }
    const rakp3Expected = rakp3Code(session.suite, stage.exchange).digest()
    if (!equalInConstantTime(code, rakp3Expected)) {
      sessions.remove(session)
      return respond(RmcpPlusStatus.InvalidIntegrityCheckValue)
    }
    const keys = deriveSessionKeys(session.suite, stage.exchange)
    const privilegeLimit = levelOf(stage.exchange.role)
    session.stage = {
      name: 'active',
      user: stage.user,
      keys,
      rakp3Code: rakp3Expected,
      rakp4Code: rakp4Code(session.suite, stage.exchange, keys.sik).digest().subarray(0, session.suite.integrityLength),
      privilegeLimit,
      privilegeLevel: Math.min(privilegeLimit, PrivilegeLevel.user),
      window: new SequenceWindow(),
      sent: this.#options.firstSequence() - 1,
    }
    sessions.touch(session)
    this.#options.onOpened()
    return respond(RmcpPlusStatus.Ok, session.stage.rakp4Code)
  }

  /** Makes the stage for one RAKP 1, with fresh random numbers that the code of RAKP 3 must cover. */
  #challenge(session: ManagedSession, message: Rakp1) {
    const { users, channelLimit, guid, kg, random } = this.#options
    const { consoleRandom, role, username } = message
    const found = findUser(users, username, role, Math.min(session.privilegeLimit, channelLimit()))
    const user = typeof found === 'number' ? undefined : found
    return {
      name: 'challenged',
      status: typeof found === 'number' ? found : RmcpPlusStatus.Ok,
      user,
      exchange: {
        consoleSessionId: session.consoleSessionId,
        managedSessionId: session.managedSessionId,
        consoleRandom: new Uint8Array(consoleRandom),
        managedRandom: random(16),
        managedGuid: guid,
        role,
        username: new Uint8Array(username),
        password: user?.password ?? new Uint8Array(0),
        kg,
      },
    } as const
  }

  #sessionOf(managedSessionId: number, peer: string): ManagedSession | undefined {
    const session = this.#options.sessions.get(managedSessionId)
    return session?.peer === peer ? session : undefined
  }

  /**
   * A random ID, so that nobody can guess it, or the next free ID after it. Never 0, which means "outside a session".
   */
  #freeSessionId(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#options.random(4)
    let id = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
    while (id === 0 || this.#options.sessions.has(id)) id = (id + 1) >>> 0
    return id
  }
}

function isRepeat(exchange: { consoleRandom: Uint8Array; role: number; username: Uint8Array }, message: Rakp1) {
  return (
    exchange.role === message.role &&
    Buffer.compare(exchange.consoleRandom, message.consoleRandom) === 0 &&
    Buffer.compare(exchange.username, message.username) === 0
  )
}

/** Privilege level: bits 3..0 of the role byte. */
function levelOf(role: number): number {
  return role & 0x0f
}

const nothingOpened = openSessionResponse.decode(Uint8Array.of(0, RmcpPlusStatus.InsufficientResources))
const nothingChallenged = {
  managedRandom: new Uint8Array(16),
  managedGuid: new Uint8Array(16),
  code: new Uint8Array(0),
}
