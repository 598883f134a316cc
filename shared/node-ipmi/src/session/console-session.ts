import { MalformedError } from '../codec/malformed-error.ts'
import type { SessionKeys } from '../crypto/session-keys.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { type LanRequest, type LanResponse, lanRequest, lanResponse } from '../wire/lan-message.ts'
import { openPacket, sealPacket } from '../wire/sealed-packet.ts'
import { SequenceWindow } from './sequence-window.ts'

/** The console's end of an active session. Each transmission has its own session sequence number. §6.12. */
export class ConsoleSession {
  readonly managedSessionId: number
  readonly #keys: SessionKeys
  readonly #random: (length: number) => Uint8Array
  readonly #window = new SequenceWindow()
  #sequence = 0
  #requestSequence = 0
  /** Session sequence number of the last answer that was opened. */
  answerNumber = 0

  constructor(keys: SessionKeys, managedSessionId: number, random: (length: number) => Uint8Array) {
    this.#keys = keys
    this.managedSessionId = managedSessionId
    this.#random = random
  }

  get cipherSuite(): 3 | 17 {
    return this.#keys.suite.id
  }

  /** rqSeq of the next command, 0..63. Retransmissions of a command keep its rqSeq. */
  nextRequestSequence(): number {
    this.#requestSequence = (this.#requestSequence + 1) & 0x3f
    return this.#requestSequence
  }

  /** Encrypts and authenticates one transmission of a request. */
  seal(request: LanRequest): Uint8Array {
    this.#sequence = (this.#sequence % 0xffffffff) + 1
    const packet = {
      payloadType: PayloadType.Ipmi,
      sessionId: this.managedSessionId,
      sequence: this.#sequence,
      payload: lanRequest.encode(request),
    }
    return sealPacket(this.#keys, packet, this.#random(16))
  }

  /** Checks and decrypts a response. Throws MalformedError if it is not authentic, not new, or not an IPMI response. */
  open(datagram: Uint8Array): LanResponse {
    const packet = openPacket(this.#keys, datagram)
    if (packet.payloadType !== PayloadType.Ipmi) throw new MalformedError('not an IPMI message', 'unexpected')
    if (!this.#window.accept(packet.sequence)) throw new MalformedError('a repeated packet', 'replayed')
    this.answerNumber = packet.sequence
    return lanResponse.decodeAuthentic(packet.payload)
  }
}
