import { MalformedError } from '../codec/malformed-error.ts'
import type { BootFlags } from '../commands/boot-option-parameters.ts'
import { ManagedHandshake } from '../handshake/managed-handshake.ts'
import { nextSequence } from '../session/next-sequence.ts'
import { SessionTable } from '../session/session-table.ts'
import { PayloadType } from '../spec/payload-type.ts'
import { presencePing, presencePong } from '../wire/asf.ts'
import { lanRequest } from '../wire/lan-message.ts'
import { plainPacket } from '../wire/plain-packet.ts'
import { RmcpClass, readRmcpClass } from '../wire/rmcp.ts'
import { openPacket } from '../wire/sealed-packet.ts'
import { AUTHENTICATION_TYPE_RMCP_PLUS, readSessionHeader } from '../wire/session-header.ts'
import { sessionlessPacket } from '../wire/session-v15.ts'
import { Answering } from './answering.ts'
import { type BmcOptions, bmcSettings } from './bmc-options.ts'
import { ChannelAccess } from './channel-access.ts'
import type { CommandContext } from './command-context.ts'
import { type BmcCounters, type DropReason, newCounters } from './counters.ts'
import type { AnswerSource } from './fault-rule.ts'
import type { BmcFaults } from './faults.ts'
import { FaultyHandshake } from './faulty-handshake.ts'
import { FaultyLink } from './faulty-link.ts'
import { sealFaulty } from './faulty-seal.ts'
import type { LanPlace } from './lan-settings.ts'
import { MachineControl } from './machine-control.ts'
import { ManagedSystem } from './managed-system.ts'
import { Uptime } from './uptime.ts'

/** Source of a datagram. */
export interface Peer {
  readonly address: string
  readonly port: number
}

/** Sends an answer, by the rule of a fault from another source than the BMC's address and port. */
export type SendAnswer = (datagram: Uint8Array, source?: AnswerSource) => void

/**
 * Time from the answer to an MC reset to the reset: enough for the Close Session that ipmitool sends next, and for whose
 * answer it waits 10 s.
 */
const RESET_DELAY_MS = 100

/**
 * An IPMI v2.0 BMC on a LAN: datagrams in, datagrams out. No datagram makes it throw. It holds at most `maxSessions`
 * sessions. Only an asynchronous chassis, an MC reset and the delay faults start timers. A packet with a session
 * sequence number seen before is dropped: not executed again and not answered. A packet with a new session sequence
 * number is a new request even if its rqSeq repeats, because ipmitool sends every request with the same rqSeq.
 */
export class Bmc {
  readonly counters: BmcCounters = newCounters()
  /** The caller may change these at any time. */
  readonly faults: BmcFaults
  /** The machine, for other interfaces of the same BMC. */
  readonly machine: MachineControl
  readonly #options: BmcOptions
  readonly #system: ManagedSystem
  readonly #channelAccess = new ChannelAccess()
  readonly #sessions: SessionTable
  readonly #handshake: FaultyHandshake
  readonly #context: CommandContext
  readonly #link: FaultyLink
  readonly #uptime: Uptime
  readonly #answering: Answering
  #place: LanPlace | undefined

  /** Throws RangeError for options out of range. */
  constructor(options: BmcOptions) {
    const { chassis, clock, random, faults = {} } = options
    const { maxSessions, halfOpenTimeoutMs, inactivityTimeoutMs, kg, users, ...settings } = bmcSettings(options)
    const nowMs = () => clock.nowMs()
    this.faults = faults
    this.#options = options
    this.#uptime = new Uptime(clock)
    this.#answering = new Answering(options, this.#uptime, (reason) => this.#drop(reason))
    this.#system = new ManagedSystem(chassis, nowMs, () => clock.dateMs?.() ?? clock.nowMs())
    this.machine = new MachineControl(this.#system)
    if (options.bootFlags) this.#system.bootOptions.restore(options.bootFlags, options.bootFlagsForMs)
    this.#sessions = new SessionTable({ capacity: maxSessions, halfOpenTimeoutMs, inactivityTimeoutMs, nowMs })
    const { counters } = this
    const onOpened = () => {
      counters.sessions++
    }
    const firstSequence = () => faults.firstSequence ?? 1
    const channelLimit = () => this.#channelAccess.privilegeLimit
    const handshake = {
      ...settings,
      users: users.accounts,
      channelLimit,
      kg,
      random,
      nowMs,
      onOpened,
      firstSequence,
      sessions: this.#sessions,
    }
    this.#handshake = new FaultyHandshake(new ManagedHandshake(handshake), this.#sessions, faults)
    this.#context = {
      ...settings,
      users,
      channelAccess: this.#channelAccess,
      counters,
      faults,
      nowMs,
      system: this.#system,
      sessions: this.#sessions,
      lan: { settings: options.lan ?? {}, place: () => this.#place },
      restart: () => this.#uptime.after(RESET_DELAY_MS, () => this.restart(options.restartMs)),
    }
    this.#link = new FaultyLink({ faults, clock, random, onLost: () => this.#drop('fault') })
  }

  /** Slots of the session table in use, half-open sessions included. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Handles one datagram. Calls `send` for each answer, at once or later. */
  receive(datagram: Uint8Array, from: Peer, send: SendAnswer): void {
    this.counters.received++
    if (this.#uptime.isDown) this.#drop('restarting')
    else this.#link.receive(datagram, (delivered) => this.#handle(delivered, from, send))
  }

  /**
   * Forgets all sessions, reservations and commands without an answer yet, and answers nothing for `downMs`, like a BMC
   * that restarts. The system, the boot options, the event log, users and stored settings stay.
   */
  restart(downMs = 0): void {
    this.#uptime.restart(downMs)
    this.#sessions.clear()
    this.#system.restarted()
    this.#channelAccess.restarted()
  }

  /** Records where the BMC listens, for Get LAN Configuration Parameters. */
  listensAt(place: LanPlace): void {
    this.#place = place
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

  #handle(datagram: Uint8Array, { address, port }: Peer, send: SendAnswer): void {
    const reply: SendAnswer = (answer, source) =>
      this.#link.send(answer, (sent) => {
        this.counters.sent++
        send(sent, source)
      })
    try {
      this.#dispatch(datagram, `${address} ${port}`, reply)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.#drop('malformed')
    }
  }

  #dispatch(datagram: Uint8Array, peer: string, reply: SendAnswer): void {
    const messageClass = readRmcpClass(datagram)
    if (messageClass === RmcpClass.Asf) {
      reply(presencePong.encode({ tag: presencePing.decode(datagram).tag, ipmi: true }))
    } else if (messageClass !== RmcpClass.Ipmi) {
      this.#drop('unsupported')
    } else if (this.#channelAccess.isDisabled && !isInsideSession(datagram)) {
      this.#drop('disabled')
    } else if (datagram[4] !== AUTHENTICATION_TYPE_RMCP_PLUS) {
      this.#answering.answer(
        lanRequest.decode(sessionlessPacket.decode(datagram)),
        this.#context,
        (message, { lose, from }) =>
          lose === undefined ? reply(sessionlessPacket.encode(message), from) : this.#drop('fault'),
      )
    } else if (!isInsideSession(datagram)) {
      this.#outsideSession(plainPacket.decode(datagram), peer, reply)
    } else {
      this.#insideSession(datagram, peer, reply)
    }
  }

  #outsideSession(
    { payloadType, payload }: { payloadType: number; payload: Uint8Array },
    peer: string,
    reply: SendAnswer,
  ) {
    if (payloadType === PayloadType.Ipmi) {
      return this.#answering.answer(lanRequest.decode(payload), this.#context, (message, { lose, from }) =>
        lose === undefined ? reply(plainPacket.encode(PayloadType.Ipmi, message), from) : this.#drop('fault'),
      )
    }
    const answer = this.#handshake.receive(payloadType, payload, peer)
    if (answer === undefined) return this.#drop('unsupported')
    const { rule, payload: content } = answer
    if (rule.lose !== undefined || rule.silent) return this.#drop('fault')
    if (content === undefined) return this.#drop('handshake')
    this.#uptime.after(rule.answerAfterMs, () => reply(plainPacket.encode(answer.payloadType, content), rule.from))
  }

  #insideSession(datagram: Uint8Array, peer: string, reply: SendAnswer) {
    const slot = this.#sessions.get(readSessionHeader(datagram).sessionId)
    if (slot === undefined || slot.peer !== peer || slot.stage.name !== 'active') return this.#drop('unknownSession')
    const { stage } = slot
    const packet = openPacket(stage.keys, datagram)
    if (!stage.window.accept(packet.sequence)) return this.#drop('sequence')
    this.#sessions.touch(slot)
    if (packet.payloadType !== PayloadType.Ipmi) return this.#drop('unsupported')
    const context = { ...this.#context, session: { slot, stage } }
    this.#answering.answer(lanRequest.decode(packet.payload), context, (payload, rule) => {
      stage.sent = nextSequence(stage.sent, rule.sequenceStep)
      if (rule.lose === 'answer') return this.#drop('fault')
      const header = { payloadType: PayloadType.Ipmi, sessionId: slot.consoleSessionId, sequence: stage.sent }
      const sealed = sealFaulty(stage.keys, { ...header, payload }, this.#options.random(16), rule)
      reply(this.#spoilIntegrityCode(sealed), rule.from)
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

function isInsideSession(datagram: Uint8Array): boolean {
  return datagram[4] === AUTHENTICATION_TYPE_RMCP_PLUS && readSessionHeader(datagram).sessionId !== 0
}
