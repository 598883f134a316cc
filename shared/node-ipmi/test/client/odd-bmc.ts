import type { Target } from '../../src/client/target.ts'
import { MalformedError } from '../../src/codec/malformed-error.ts'
import { getChassisStatus } from '../../src/commands/get-chassis-status.ts'
import { cipherSuites } from '../../src/crypto/cipher-suite.ts'
import { rakp2Code, rakp3Code, rakp4Code } from '../../src/crypto/rakp-codes.ts'
import type { RakpExchange } from '../../src/crypto/rakp-exchange.ts'
import { deriveSessionKeys, type SessionKeys } from '../../src/crypto/session-keys.ts'
import { algorithmPayloadHeaders, openSessionRequest, openSessionResponse } from '../../src/handshake/open-session.ts'
import { NAME_ONLY_LOOKUP, rakp1 } from '../../src/handshake/rakp-1.ts'
import { rakp2 } from '../../src/handshake/rakp-2.ts'
import { rakp3 } from '../../src/handshake/rakp-3.ts'
import { rakp4 } from '../../src/handshake/rakp-4.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { RmcpPlusStatus } from '../../src/spec/rmcp-plus-status.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { lanRequest, lanResponse } from '../../src/wire/lan-message.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { openPacket } from '../../src/wire/sealed-packet.ts'
import { readSessionHeader } from '../../src/wire/session-header.ts'
import { oddSeal, type PacketOddity } from '../wire/odd-seal.ts'

/** How the scripted BMC deviates from the specification. */
export interface Oddity {
  /** Status of the Open Session Response for a requested level; default: 00h. */
  readonly openSessionStatus?: (level: number) => number
  /** Intel: the user name has 16 bytes, and is plain in the code of RAKP 3 alone. */
  readonly paddedName?: boolean
  /** Intel: the code of RAKP 3 covers the level without the bit for a look-up by name. */
  readonly rakp3LevelAlone?: boolean
  /** Changes the integrity check value of RAKP 4. */
  readonly checkValue?: (right: Uint8Array) => Uint8Array
  /** Bytes after the codes of RAKP 2 and 4. */
  readonly codeTail?: readonly number[]
  /** Added to the payload length of RAKP 2. */
  readonly rakp2LengthOff?: number
  /** Session sequence number of answer n (0, 1, ...); default: n + 1. */
  readonly sequence?: (n: number) => number
  readonly packet?: PacketOddity
  /** Changes the IPMI message of an answer before it is sealed. */
  readonly message?: (message: Uint8Array) => Uint8Array
  readonly kg?: Uint8Array
}

export interface OddBmc {
  readonly target: Pick<Required<Target>, 'address' | 'port' | 'username' | 'password'>
  close(): Promise<void>
  /** Sessions that finished their handshake, and the keys of the last. */
  sessions: number
  keys: SessionKeys | undefined
  /** Sequence numbers of the answers sent. */
  readonly sequences: number[]
}

const inMemory = { address: '10.9.0.1', port: 623 }
const USERNAME = Buffer.from('admin')
const PASSWORD = 'secret'
const MANAGED_SESSION_ID = 0x0badcafe

/** A scripted managed end with one user and one session, whose machine is on. Every command but Get Chassis Status gets 00h without data. */
export async function oddBmc(transport: Transport, oddity: Oddity, at = inMemory): Promise<OddBmc> {
  let exchange: RakpExchange | undefined
  let suite = cipherSuites[3]
  let consoleSessionId = 0

  const openSession = (payload: Uint8Array) => {
    const request = openSessionRequest.decode(payload)
    suite = request.authenticationAlgorithm === 3 ? cipherSuites[17] : cipherSuites[3]
    consoleSessionId = request.consoleSessionId
    const status = oddity.openSessionStatus?.(request.privilege) ?? RmcpPlusStatus.Ok
    const answer = { ...request, ...algorithmPayloadHeaders, status, managedSessionId: MANAGED_SESSION_ID }
    return openSessionResponse.encode(answer)
  }
  const challenge = (payload: Uint8Array) => {
    const { tag, role, username, consoleRandom } = rakp1.decode(payload)
    const name = oddity.paddedName ? Buffer.concat([USERNAME], 16) : USERNAME
    const head = { tag, consoleSessionId, managedRandom: new Uint8Array(16).fill(5), managedGuid: new Uint8Array(16) }
    const nothing = new Uint8Array(0)
    if (!name.equals(username)) return rakp2.encode({ ...head, status: RmcpPlusStatus.UnauthorizedName, code: nothing })
    exchange = {
      ...head,
      managedSessionId: MANAGED_SESSION_ID,
      consoleRandom: Uint8Array.from(consoleRandom),
      role,
      username: Uint8Array.from(username),
      password: Buffer.from(PASSWORD),
      kg: oddity.kg,
    }
    const code = Uint8Array.of(...rakp2Code(suite, exchange).digest(), ...(oddity.codeTail ?? []))
    return rakp2.encode({ ...head, status: RmcpPlusStatus.Ok, code })
  }
  const finish = (payload: Uint8Array) => {
    const { tag, status, code } = rakp3.decode(payload)
    if (exchange === undefined || status !== RmcpPlusStatus.Ok) return undefined
    const covered = oddity.rakp3LevelAlone
      ? { ...exchange, role: exchange.role & ~NAME_ONLY_LOOKUP, username: USERNAME }
      : exchange
    const isRight = rakp3Code(suite, covered).digest().equals(code)
    const head = { tag, consoleSessionId }
    if (!isRight) {
      const refused = RmcpPlusStatus.InvalidIntegrityCheckValue
      return rakp4.encode({ ...head, status: refused, code: new Uint8Array(0) })
    }
    bmc.keys = deriveSessionKeys(suite, exchange)
    bmc.sessions++
    const right = rakp4Code(suite, exchange, bmc.keys.sik).digest().subarray(0, suite.integrityLength)
    const value = Uint8Array.of(...(oddity.checkValue?.(right) ?? right), ...(oddity.codeTail ?? []))
    return rakp4.encode({ ...head, status: RmcpPlusStatus.Ok, code: value })
  }
  const outside = ({ payloadType, payload }: ReturnType<typeof plainPacket.decode>) => {
    const reply = (type: number, answer: Uint8Array | undefined) => answer && plainPacket.encode(type, answer)
    switch (payloadType) {
      case PayloadType.OpenSessionRequest:
        return reply(PayloadType.OpenSessionResponse, openSession(payload))
      case PayloadType.Rakp1: {
        const datagram = reply(PayloadType.Rakp2, challenge(payload))
        if (datagram) datagram[14] = (datagram[14] ?? 0) + (oddity.rakp2LengthOff ?? 0)
        return datagram
      }
      case PayloadType.Rakp3:
        return reply(PayloadType.Rakp4, finish(payload))
      default:
        return undefined
    }
  }
  const requestIn = (datagram: Uint8Array) => {
    try {
      return bmc.keys && lanRequest.decode(openPacket(bmc.keys, datagram).payload)
    } catch (error) {
      if (error instanceof MalformedError) return undefined
      throw error
    }
  }
  const inside = (datagram: Uint8Array): Uint8Array | undefined => {
    const request = requestIn(datagram)
    if (bmc.keys === undefined || request === undefined) return undefined
    const isStatus = request.netFn === getChassisStatus.netFn && request.command === getChassisStatus.cmd
    const data = Uint8Array.from(isStatus ? [0x21, 0, 0] : [])
    const message = lanResponse.encode({ ...request, netFn: request.netFn + 1, completionCode: 0, data })
    const n = bmc.sequences.length
    const sequence = oddity.sequence?.(n) ?? n + 1
    bmc.sequences.push(sequence)
    const payload = oddity.message?.(message) ?? message
    const packet = { payloadType: PayloadType.Ipmi, sessionId: consoleSessionId, sequence, payload }
    return oddSeal(bmc.keys, packet, oddity.packet)
  }

  const socket = await transport.open(
    { family: 4, ...at },
    {
      onDatagram(datagram, address, port) {
        if (datagram[4] !== 0x06) return
        const isInside = readSessionHeader(datagram).sessionId !== 0
        const answer = isInside ? inside(datagram) : outside(plainPacket.decode(datagram))
        if (answer) socket.send(answer, address, port)
      },
    },
  )
  const target = { address: at.address, port: socket.port, username: USERNAME.toString(), password: PASSWORD }
  const bmc: OddBmc = { target, close: () => socket.close(), sessions: 0, keys: undefined, sequences: [] }
  return bmc
}
