import { readUint32, writeUint32 } from '../codec/uint32.ts'
import { cipherSuites } from '../crypto/cipher-suite.ts'
import type { ManagedHandshake } from '../handshake/managed-handshake.ts'
import { openSessionRequest } from '../handshake/open-session.ts'
import { rakp1 } from '../handshake/rakp-1.ts'
import type { SessionTable } from '../session/session-table.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { type FaultRequest, type FaultRule, type HandshakeMessage, takeRule } from './fault-rule.ts'
import type { BmcFaults } from './faults.ts'

interface Step {
  readonly message: HandshakeMessage
  readonly answerType: number
  readonly method: 'openSession' | 'rakp1' | 'rakp3'
}

const steps: ReadonlyMap<number, Step> = new Map([
  [
    PayloadType.OpenSessionRequest,
    { message: 'Open Session Request', answerType: PayloadType.OpenSessionResponse, method: 'openSession' },
  ],
  [PayloadType.Rakp1, { message: 'RAKP Message 1', answerType: PayloadType.Rakp2, method: 'rakp1' }],
  [PayloadType.Rakp3, { message: 'RAKP Message 3', answerType: PayloadType.Rakp4, method: 'rakp3' }],
])

export interface HandshakeAnswer {
  readonly payloadType: number
  /** Undefined: the BMC does not answer. */
  readonly payload: Uint8Array | undefined
  readonly rule: FaultRule
}

/** The BMC's side of opening a session, with refusals and altered tags as BmcFaults say. */
export class FaultyHandshake {
  readonly #handshake: ManagedHandshake
  readonly #sessions: SessionTable
  readonly #faults: BmcFaults

  constructor(handshake: ManagedHandshake, sessions: SessionTable, faults: BmcFaults) {
    this.#handshake = handshake
    this.#sessions = sessions
    this.#faults = faults
  }

  /**
   * Handles the payload of one message. Undefined for a payload type that is no message of the handshake. Throws
   * MalformedError for an unreadable payload.
   */
  receive(payloadType: number, payload: Uint8Array, peer: string): HandshakeAnswer | undefined {
    const step = steps.get(payloadType)
    if (step === undefined) return undefined
    const rule = takeRule(this.#faults.rules, () => this.#factsOf(step.message, payload))
    const answer = (bytes: Uint8Array | undefined) => ({ payloadType: step.answerType, payload: bytes, rule })
    if (rule.lose === 'request') return answer(undefined)
    const status = rule.status ?? this.#tableStatus(step)
    const bytes =
      status === undefined ? this.#handshake[step.method](payload, peer) : this.#refuse(step.message, payload, status)
    if (bytes !== undefined && rule.tag !== undefined) bytes[0] = rule.tag
    return answer(bytes)
  }

  #tableStatus({ method }: Step): number | undefined {
    return method === 'openSession' && this.#faults.fullSessionTable ? RmcpPlusStatus.InsufficientResources : undefined
  }

  /** Tag, status, 2 reserved bytes, console session ID: the refusal of each of the three messages. §13.18 to §13.23. */
  #refuse(message: HandshakeMessage, payload: Uint8Array, status: number): Uint8Array {
    const consoleSessionId =
      message === 'Open Session Request'
        ? openSessionRequest.decode(payload).consoleSessionId
        : (this.#sessions.get(readUint32(payload, 4))?.consoleSessionId ?? 0)
    const refusal = Uint8Array.of(payload[0] ?? 0, status, 0, 0, 0, 0, 0, 0)
    writeUint32(refusal, 4, consoleSessionId)
    return refusal
  }

  #factsOf(message: HandshakeMessage, payload: Uint8Array): FaultRequest {
    const data = payload
    if (message === 'Open Session Request') {
      const { privilege, authenticationAlgorithm } = openSessionRequest.decode(payload)
      const suite = Object.values(cipherSuites).find(
        (known) => known.authenticationAlgorithm === authenticationAlgorithm,
      )?.id
      return { message, data, suite, privilege }
    }
    const suite = this.#sessions.get(readUint32(payload, 4))?.suite.id
    const privilege = message === 'RAKP Message 1' ? rakp1.decode(payload).role & 0x0f : undefined
    return { message, data, suite, privilege }
  }
}
