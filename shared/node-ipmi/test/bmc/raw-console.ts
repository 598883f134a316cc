import { VirtualClock } from '@powerbus/testkit'
import { Bmc, type BmcOptions, type BootFlags, type ChassisControlName, seededRandom } from '../../src/bmc/index.ts'
import type { Command } from '../../src/commands/command.ts'
import { cipherSuites } from '../../src/crypto/cipher-suite.ts'
import { rakp3Code } from '../../src/crypto/rakp-codes.ts'
import type { RakpExchange } from '../../src/crypto/rakp-exchange.ts'
import { deriveSessionKeys, type SessionKeys } from '../../src/crypto/session-keys.ts'
import { algorithmPayloadHeaders, openSessionRequest, openSessionResponse } from '../../src/handshake/open-session.ts'
import { rakp1 } from '../../src/handshake/rakp-1.ts'
import { rakp2 } from '../../src/handshake/rakp-2.ts'
import { rakp3 } from '../../src/handshake/rakp-3.ts'
import { rakp4 } from '../../src/handshake/rakp-4.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { lanRequest, lanResponse } from '../../src/wire/lan-message.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { openPacket, sealPacket } from '../../src/wire/sealed-packet.ts'

export const peer = { address: '10.0.0.9', port: 40000 }

export interface Bench {
  readonly bmc: Bmc
  readonly clock: VirtualClock
  readonly machine: { on: boolean; readonly orders: ChassisControlName[]; readonly boots: (BootFlags | undefined)[] }
}

/** A BMC with three users, and a machine that executes every control at once. */
export function bench(options: Partial<BmcOptions> = {}): Bench {
  const clock = new VirtualClock(0)
  const machine: Bench['machine'] = { on: true, orders: [], boots: [] }
  const bmc = new Bmc({
    clock,
    random: seededRandom(7),
    users: [
      { name: 'admin', password: 'secret' },
      { name: 'op', password: 'operator', privilege: 'operator' },
      { name: 'gone', password: 'gone', enabled: false },
    ],
    chassis: {
      isOn: () => machine.on,
      control(verb, boot) {
        machine.orders.push(verb)
        machine.boots.push(boot)
        if (verb === 'powerUp') machine.on = true
        if (verb === 'powerDown' || verb === 'softShutdown') machine.on = false
        return 'accepted'
      },
    },
    ...options,
  })
  return { bmc, clock, machine }
}

/** Answers that the BMC sends synchronously. */
export function exchange(bmc: Bmc, datagram: Uint8Array, from = peer): Uint8Array[] {
  const answers: Uint8Array[] = []
  bmc.receive(datagram, from, (answer) => answers.push(answer))
  return answers
}

/** Payload of the only answer, which is a plain packet. */
export function ask(bmc: Bmc, type: number, payload: Uint8Array, from = peer): Uint8Array {
  const [answer, ...more] = exchange(bmc, plainPacket.encode(type, payload), from)
  if (answer === undefined || more.length > 0) throw new Error('not one answer')
  return plainPacket.decode(answer).payload
}

export interface Login {
  readonly suite?: 3 | 17
  readonly username?: string
  readonly password?: string
  readonly role?: number
  readonly privilege?: number
  readonly consoleSessionId?: number
  readonly kg?: Uint8Array
  readonly from?: typeof peer
}

export function openSession(bmc: Bmc, login: Login = {}, tag = 1) {
  const { suite = 3, privilege = 0, consoleSessionId = 0x01020304, from } = login
  const { authenticationAlgorithm, integrityAlgorithm, confidentialityAlgorithm } = cipherSuites[suite]
  const algorithms = { authenticationAlgorithm, integrityAlgorithm, confidentialityAlgorithm }
  const request = { ...algorithmPayloadHeaders, ...algorithms, tag, privilege, consoleSessionId }
  return openSessionResponse.decode(ask(bmc, PayloadType.OpenSessionRequest, openSessionRequest.encode(request), from))
}

export function sendRakp1(bmc: Bmc, managedSessionId: number, login: Login = {}, fill = 5) {
  const { role = 0x14, username = 'admin', from } = login
  const consoleRandom = new Uint8Array(16).fill(fill)
  const message = { tag: 2, managedSessionId, consoleRandom, role, username: Buffer.from(username) }
  return { message, answer: rakp2.decode(ask(bmc, PayloadType.Rakp1, rakp1.encode(message), from)) }
}

/** Runs the handshake up to RAKP 3; returns the payload of RAKP 3 without sending it. */
export function prepareRakp3(bmc: Bmc, login: Login = {}) {
  const { suite = 3, password = 'secret', kg } = login
  const opened = openSession(bmc, login)
  const { message, answer } = sendRakp1(bmc, opened.managedSessionId, login)
  const values: RakpExchange = {
    ...message,
    ...answer,
    managedSessionId: opened.managedSessionId,
    password: Buffer.from(password),
    kg,
  }
  const code = rakp3Code(cipherSuites[suite], values).digest()
  const payload = rakp3.encode({ tag: 3, status: 0, managedSessionId: opened.managedSessionId, code })
  return { payload, keys: deriveSessionKeys(cipherSuites[suite], values), managedSessionId: opened.managedSessionId }
}

export function sendRakp3(bmc: Bmc, payload: Uint8Array, from = peer) {
  return rakp4.decode(ask(bmc, PayloadType.Rakp3, payload, from))
}

/** An active session that sends one request at a time. */
export class RawSession {
  readonly bmc: Bmc
  readonly keys: SessionKeys
  readonly managedSessionId: number
  readonly from: typeof peer
  sequence = 0

  constructor(bmc: Bmc, login: Login = {}) {
    const prepared = prepareRakp3(bmc, login)
    this.bmc = bmc
    this.keys = prepared.keys
    this.managedSessionId = prepared.managedSessionId
    this.from = login.from ?? peer
    const { status } = sendRakp3(bmc, prepared.payload, this.from)
    if (status !== 0) throw new Error(`RAKP 4 status ${status}`)
  }

  seal(netFn: number, command: number, data: Uint8Array, sequence = ++this.sequence): Uint8Array {
    const payload = lanRequest.encode({ netFn, command, data, sequence: 7 })
    const packet = { payloadType: PayloadType.Ipmi, sessionId: this.managedSessionId, sequence, payload }
    return sealPacket(this.keys, packet, new Uint8Array(16).fill(sequence))
  }

  open(datagram: Uint8Array) {
    return lanResponse.decode(openPacket(this.keys, datagram).payload)
  }

  /** Completion code and data of the answer; undefined if the BMC does not answer. */
  raw(netFn: number, command: number, data: Uint8Array = new Uint8Array(0)) {
    const [answer] = exchange(this.bmc, this.seal(netFn, command, data), this.from)
    return answer === undefined ? undefined : this.open(answer)
  }

  /** The response, or the completion code if it is not 00h. */
  send<Request, Response>(command: Command<Request, Response>, request: Request): Response | number {
    const answer = this.raw(command.netFn, command.cmd, command.request.encode(request))
    if (answer === undefined) throw new Error(`${command.name}: no answer`)
    return answer.completionCode === 0 ? command.response.decode(answer.data) : answer.completionCode
  }
}
