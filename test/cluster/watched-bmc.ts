import { Bmc, type Peer } from 'node-ipmi/bmc'

/** Payload type of RAKP Message 1, and where it has the BMC's session ID, the length of the user name, and the name. §13.20. */
const RAKP_1 = 0x12
const PAYLOAD = 16
const [SESSION_ID, NAME_LENGTH, NAME] = [PAYLOAD + 4, PAYLOAD + 27, PAYLOAD + 28]

/** A BMC that says in whose session the packet came that it is at. The chassis is called while that is so. */
export class WatchedBmc extends Bmc {
  readonly #users = new Map<number, string>()
  #user = ''

  /** Empty for a packet outside of a session. */
  get user(): string {
    return this.#user
  }

  override receive(datagram: Uint8Array, from: Peer, send: (datagram: Uint8Array) => void): void {
    const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength)
    const isRakp1 = bytes.length >= NAME && (bytes.readUInt8(5) & 0x3f) === RAKP_1
    if (isRakp1) {
      const name = bytes.subarray(NAME, NAME + bytes.readUInt8(NAME_LENGTH)).toString('utf8')
      this.#users.set(bytes.readUInt32LE(SESSION_ID), name)
    }
    // §13.6: the session ID of the header is that of the BMC.
    this.#user = (bytes.length >= PAYLOAD && this.#users.get(bytes.readUInt32LE(6))) || ''
    super.receive(datagram, from, send)
  }
}
