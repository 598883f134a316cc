import { MalformedError } from '../codec/malformed-error.ts'
import type { BootFlags } from '../commands/boot-option-parameters.ts'
import { ManagedHandshake } from '../handshake/managed-handshake.ts'
import { openSessionRequest, openSessionResponse } from '../handshake/open-session.ts'
import { SessionTable } from '../session/session-table.ts'
import { CompletionCode } from '../spec/completion-code.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { RmcpPlusStatus } from '../spec/rmcp-plus-status.ts'
import { presencePing, presencePong } from '../wire/asf.ts'
import { BMC_ADDRESS, type LanRequest, lanRequest, lanResponse } from '../wire/lan-message.ts'
import { plainPacket } from '../wire/plain-packet.ts'
import { RmcpClass, readRmcpClass } from '../wire/rmcp.ts'
import { openPacket, sealPacket } from '../wire/sealed-packet.ts'
import { AUTHENTICATION_TYPE_RMCP_PLUS, readSessionHeader } from '../wire/session-header.ts'
import { sessionlessPacket } from '../wire/session-v15.ts'
import { type Reply, refusal } from './answer.ts'
import { type BmcOptions, bmcSettings } from './bmc-options.ts'
import { ChassisTimeoutError, withChassisTimeout } from './chassis-timeout.ts'
import type { CommandContext } from './command-context.ts'
import { answerCommand } from './command-table.ts'
import { type BmcCounters, type DropReason, newCounters } from './counters.ts'
import type { BmcFaults } from './faults.ts'
import { FaultyLink } from './faulty-link.ts'
import { ManagedSystem } from './managed-system.ts'

/** Source of a datagram. */
export interface Peer {
  readonly address: string
  readonly port: number
}

type Send = (datagram: Uint8Array) => void

/** Most commands that wait for the chassis at one time; further commands get C0h (node busy). */
const MAX_PENDING_COMMANDS = 64

/**
 * An IPMI v2.0 BMC on a LAN: datagrams in, datagrams out. No datagram makes it throw. It holds at most `maxSessions`
 * sessions. Only an asynchronous chassis and the delay faults start timers. A packet with a session sequence number
 * seen before is dropped: not executed again and not answered. A packet with a new session sequence number is a new
 * request even if its rqSeq repeats, because ipmitool sends every request with the same rqSeq.
 */
export class Bmc {
  readonly counters: BmcCounters = newCounters()
  /** The caller may change these at any time. */
  readonly faults: BmcFaults
  readonly #options: BmcOptions
  readonly #system: ManagedSystem
  readonly #sessions: SessionTable
  readonly #handshake: ManagedHandshake
  readonly #context: CommandContext
  readonly #link: FaultyLink
  #pending = 0

  /** Throws RangeError for options out of range. */
  constructor(options: BmcOptions) {
    const { chassis, clock, random, faults = {} } = options
    const { maxSessions, halfOpenTimeoutMs, inactivityTimeoutMs, kg, ...settings } = bmcSettings(options)
    const nowMs = () => clock.nowMs()
    this.faults = faults
    this.#options = options
    this.#system = new ManagedSystem(chassis, nowMs)
    if (options.bootFlags) this.#system.bootOptions.restore(options.bootFlags, options.bootFlagsForMs)
    this.#sessions = new SessionTable({ capacity: maxSessions, halfOpenTimeoutMs, inactivityTimeoutMs, nowMs })
    const { counters } = this
    const onOpened = () => {
      counters.sessions++
    }
    this.#handshake = new ManagedHandshake({ ...settings, kg, random, nowMs, onOpened, sessions: this.#sessions })
    this.#context = { ...settings, counters, faults, nowMs, system: this.#system, sessions: this.#sessions }
    this.#link = new FaultyLink({ faults, clock, random, onLost: () => this.#drop('fault') })
  }

  /** Slots of the session table in use, half-open sessions included. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Handles one datagram. Calls `send` for each answer, at once or later. */
  receive(datagram: Uint8Array, from: Peer, send: Send): void {
    this.counters.received++
    this.#link.receive(datagram, (delivered) => this.#handle(delivered, from, send))
  }

  /** Forgets all sessions, like a BMC that restarts. */
  restart(): void {
    this.#sessions.clear()
  }

  /**
   * The valid boot flags, for a machine that boots without a command of this BMC (front panel, watchdog). The call
   * clears the valid bit of flags that are not persistent.
   */
  takeBootFlags(): BootFlags | undefined {
    const flags = this.#system.bootOptions.validFlags
    this.#system.bootOptions.controlled(true)
    return flags
  }

  #handle(datagram: Uint8Array, { address, port }: Peer, send: Send): void {
    const reply = (answer: Uint8Array) =>
      this.#link.send(answer, (sent) => {
        this.counters.sent++
        send(sent)
      })
    try {
      this.#dispatch(datagram, `${address} ${port}`, reply)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.#drop('malformed')
    }
  }

  #dispatch(datagram: Uint8Array, peer: string, reply: Send): void {
    const messageClass = readRmcpClass(datagram)
    if (messageClass === RmcpClass.Asf) {
      reply(presencePong.encode({ tag: presencePing.decode(datagram).tag, ipmi: true }))
    } else if (messageClass !== RmcpClass.Ipmi) {
      this.#drop('unsupported')
    } else if (datagram[4] !== AUTHENTICATION_TYPE_RMCP_PLUS) {
      this.#answer(lanRequest.decode(sessionlessPacket.decode(datagram)), this.#context, (message) =>
        reply(sessionlessPacket.encode(message)),
      )
    } else if (readSessionHeader(datagram).sessionId === 0) {
      this.#outsideSession(plainPacket.decode(datagram), peer, reply)
    } else {
      this.#insideSession(datagram, peer, reply)
    }
  }

  #outsideSession({ payloadType, payload }: { payloadType: number; payload: Uint8Array }, peer: string, reply: Send) {
    const respond = (type: number, answer: Uint8Array | undefined) =>
      answer === undefined ? this.#drop('handshake') : reply(plainPacket.encode(type, answer))
    switch (payloadType) {
      case PayloadType.Ipmi:
        return this.#answer(lanRequest.decode(payload), this.#context, (message) =>
          reply(plainPacket.encode(PayloadType.Ipmi, message)),
        )
      case PayloadType.OpenSessionRequest:
        return respond(PayloadType.OpenSessionResponse, this.#openSession(payload, peer))
      case PayloadType.Rakp1:
        return respond(PayloadType.Rakp2, this.#handshake.rakp1(payload, peer))
      case PayloadType.Rakp3:
        return respond(PayloadType.Rakp4, this.#handshake.rakp3(payload, peer))
      default:
        return this.#drop('unsupported')
    }
  }

  #openSession(payload: Uint8Array, peer: string): Uint8Array {
    if (!this.faults.fullSessionTable) return this.#handshake.openSession(payload, peer)
    const refused = openSessionResponse.decode(Uint8Array.of(0, RmcpPlusStatus.InsufficientResources))
    const { tag, consoleSessionId } = openSessionRequest.decode(payload)
    return openSessionResponse.encode({ ...refused, tag, consoleSessionId })
  }

  #insideSession(datagram: Uint8Array, peer: string, reply: Send) {
    const slot = this.#sessions.get(readSessionHeader(datagram).sessionId)
    if (slot === undefined || slot.peer !== peer || slot.stage.name !== 'active') return this.#drop('unknownSession')
    const { stage } = slot
    const packet = openPacket(stage.keys, datagram)
    if (!stage.window.accept(packet.sequence)) return this.#drop('sequence')
    this.#sessions.touch(slot)
    if (packet.payloadType !== PayloadType.Ipmi) return this.#drop('unsupported')
    const context = { ...this.#context, session: { slot, stage } }
    this.#answer(lanRequest.decode(packet.payload), context, (payload) => {
      stage.sent++
      const header = { payloadType: PayloadType.Ipmi, sessionId: slot.consoleSessionId, sequence: stage.sent }
      const sealed = sealPacket(stage.keys, { ...header, payload }, this.#options.random(16))
      reply(this.#spoilIntegrityCode(sealed))
    })
  }

  #answer(request: LanRequest, context: CommandContext, reply: (message: Uint8Array) => void) {
    if (request.responder !== BMC_ADDRESS) return this.#drop('unsupported')
    const respond = ({ completionCode, data }: Reply) => {
      this.counters.commands++
      reply(lanResponse.encode({ ...request, netFn: request.netFn + 1, completionCode, data }))
    }
    if (this.#pending >= MAX_PENDING_COMMANDS) return respond(refusal(CompletionCode.NodeBusy))
    const fail = (error: unknown) => {
      this.counters.chassisErrors++
      this.#options.onChassisError?.(error)
      const timedOut = error instanceof ChassisTimeoutError
      respond(refusal(timedOut ? CompletionCode.Timeout : CompletionCode.Unspecified))
    }
    let answer: ReturnType<typeof answerCommand>
    try {
      answer = answerCommand(request, context)
    } catch (error) {
      return fail(error)
    }
    if (answer === undefined) return this.#drop('fault')
    if (!(answer instanceof Promise)) return respond(answer)
    this.#pending++
    void withChassisTimeout(this.#options.clock, answer)
      .then(respond, fail)
      .finally(() => {
        this.#pending--
      })
  }

  #spoilIntegrityCode(sealed: Buffer): Buffer {
    const { wrongIntegrityCodes = 0 } = this.faults
    if (wrongIntegrityCodes <= 0) return sealed
    this.faults.wrongIntegrityCodes = wrongIntegrityCodes - 1
    const last = sealed.length - 1
    sealed[last] = (sealed[last] ?? 0) ^ 0xff
    return sealed
  }

  #drop(reason: DropReason): void {
    this.counters.dropped[reason]++
  }
}

/** Makes a BMC; `listenBmc` binds it to an address. Throws RangeError for options out of range. */
export function createBmc(options: BmcOptions): Bmc {
  return new Bmc(options)
}
