import { MalformedError } from '../codec/malformed-error.ts'
import { readUint32 } from '../codec/uint32.ts'
import type { SessionKeys } from '../crypto/session-keys.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { type LanRequest, type LanResponse, lanRequest, lanResponse, REQUEST_OVERHEAD } from '../wire/lan-message.ts'
import { DATA_OFFSET, openPayload, seal, unsealedDatagram } from '../wire/sealed-packet.ts'
import { PAYLOAD_TYPE_MASK, SEQUENCE_AT, TYPE_AT } from '../wire/session-header.ts'
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
    const length = REQUEST_OVERHEAD + request.data.length
    const datagram = unsealedDatagram(this.#keys, length)
    lanRequest.write(datagram, DATA_OFFSET, request)
    seal(this.#keys, datagram, length, PayloadType.Ipmi, this.managedSessionId, this.#sequence, this.#random(16))
    return datagram
  }

  /** Checks and decrypts a response. Throws MalformedError if it is not authentic, not new, or not an IPMI response. */
  open(datagram: Uint8Array): LanResponse {
    const payload = openPayload(this.#keys, datagram)
    if (((datagram[TYPE_AT] ?? 0) & PAYLOAD_TYPE_MASK) !== PayloadType.Ipmi)
      throw new MalformedError('not an IPMI message', 'unexpected')
    const number = readUint32(datagram, SEQUENCE_AT)
    if (!this.#window.accept(number)) throw new MalformedError('a repeated packet', 'replayed')
    this.answerNumber = number
    return lanResponse.decodeAuthentic(payload)
  }
}
