import { closeSession } from '../commands/close-session.ts'
import type { Command } from '../commands/command.ts'
import { setSessionPrivilegeLevel } from '../commands/set-session-privilege-level.ts'
import type { ConsoleHandshake } from '../handshake/console.ts'
import { ConsoleSession } from '../session/console-session.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import type { LanResponse } from '../wire/lan-message.ts'
import { type CommandRequest, commandExchange } from './command-exchange.ts'
import type { ClientCounters } from './counters.ts'
import type { IpmiError } from './ipmi-error.ts'
import type { Exchange, ExchangeEnd, Link } from './link.ts'
import { Opening, type OpeningListener, type OpeningOptions } from './opening.ts'

/** Most transmissions of Close Session, and longest wait for its answer, in milliseconds; then the BMC's own time-out ends the session. */
const CLOSE_TRANSMISSIONS = 3
const CLOSE_WAIT_MS = 2000
/** Least wait for the answer to a command that is sent once, in milliseconds; some BMCs answer only when they have acted. */
const LEAST_ONCE_WAIT_MS = 3000
/** A BMC that did not answer for this long, in milliseconds, has lost the session. */
const SILENT_MS = 3000

/** A command of any types. */
export type AnyCommand = Pick<Command<never, unknown>, 'name' | 'netFn' | 'cmd' | 'completionCodes'>

/** A command of a run, encoded. */
export interface SessionRequest extends CommandRequest {
  readonly command: AnyCommand
  /** Sent in exactly one datagram. */
  readonly once: boolean
  /** Privilege level that it needs; 0: none. */
  readonly level: number
}

/** The run that uses the session: one at a time. */
export interface SessionUser {
  /** Called once, when the session is open. */
  opened(): void
  /** `command` is the request's own, or Set Session Privilege Level if the BMC refused the level. */
  answered(response: LanResponse, command: AnyCommand): void
  /** The request was sent once, and not answered within its own wait. */
  unanswered(): void
  /** The session cannot be opened, at first or anew, or the run's deadline has passed. */
  fail(error: IpmiError): void
}

export interface SessionKeeperOptions extends OpeningOptions {
  readonly counters: ClientCounters
}

/** Keeps one session with a BMC over any number of runs. Opens it for the first run, and again if the BMC has lost it. */
export class SessionKeeper implements OpeningListener {
  readonly link: Link
  readonly #options: SessionKeeperOptions
  #session: ConsoleSession | undefined
  #level: number = PrivilegeLevel.user
  #user: SessionUser | undefined
  #opening = false
  #request: SessionRequest | undefined
  /** The BMC did not answer at the end of the last run. */
  #isSilent = false

  constructor(options: SessionKeeperOptions) {
    this.#options = options
    this.link = options.link
    options.dispatcher.add(options.link)
  }

  /** The suite of the session; before the session is open, the suite that will be proposed first. */
  get cipherSuite(): 3 | 17 {
    return this.#session?.cipherSuite ?? this.link.peer.cipherSuite
  }

  /** Begins a run that ends at `deadlineMs` on the client's clock. If the session is open, calls `opened` at once. */
  enter(user: SessionUser, deadlineMs: number): void {
    this.#user = user
    this.link.deadlineMs = deadlineMs
    this.#options.dispatcher.rest(this.link)
    if (this.#isSilent) this.#openAnew()
    else if (this.#session === undefined) this.#open()
    else this.#enterOpen(user)
  }

  /** Sends a request of the run; it may have one under way. */
  send(request: SessionRequest): void {
    this.#request = request
    this.#advance()
  }

  /** Ends the run: gives up the request under way, and keeps the session. */
  leave(): void {
    const { link } = this
    if (this.#opening) this.#options.counters.sessionsFailed++
    else if (link.exchange !== undefined) this.#noteSilence()
    this.#opening = false
    this.#user = undefined
    this.#request = undefined
    link.onDeadline = undefined
    link.deadlineMs = Number.POSITIVE_INFINITY
    this.#options.dispatcher.rest(link)
  }

  /** Closes the session, if there is one, and then removes the link. No run may begin any more. */
  close(): void {
    const { link } = this
    const { dispatcher } = this.#options
    const session = this.#session
    const gone = () => dispatcher.remove(link)
    if (session === undefined) {
      gone()
      return
    }
    this.#session = undefined
    link.deadlineMs = dispatcher.nowMs() + CLOSE_WAIT_MS
    dispatcher.begin(link, closing(session, gone))
  }

  opened({ keys, managedSessionId }: ConsoleHandshake): void {
    const { counters, random } = this.#options
    counters.sessionsOpened++
    this.#opening = false
    this.#session = new ConsoleSession(keys, managedSessionId, random)
    this.link.peer.cipherSuite = this.#session.cipherSuite
    this.#level = PrivilegeLevel.user
    if (this.#request !== undefined) this.#advance()
    else if (this.#user !== undefined) this.#enterOpen(this.#user)
  }

  openingFailed(error: IpmiError): void {
    this.#user?.fail(error)
  }

  #enterOpen(user: SessionUser): void {
    this.link.onDeadline = () => this.#late()
    user.opened()
  }

  #late(): void {
    this.#user?.fail(this.link.noAnswer(this.#options.dispatcher.nowMs()))
  }

  #open(): void {
    this.#opening = true
    new Opening(this.#options, this).start()
  }

  /** A BMC that is slow, and has not restarted, frees the lost session when it gets the close. Nothing waits for that answer. */
  #openAnew(): void {
    const session = this.#session
    if (session !== undefined) this.#options.dispatcher.tell(this.link, closing(session, () => undefined).datagram(0))
    this.#session = undefined
    this.#isSilent = false
    this.#open()
  }

  /** Sends the request; first raises the privilege level if the request needs it. */
  #advance(): void {
    const session = this.#session
    const request = this.#request
    if (session === undefined || request === undefined) return
    const { level } = request
    if (level <= this.#level) {
      this.#exchange(session, request, (response) => this.#answered(response, request.command))
      return
    }
    const raise = { command: setSessionPrivilegeLevel, data: setSessionPrivilegeLevel.request.encode({ level }) }
    this.#exchange(session, { ...raise, level, once: false, sent: false }, (response) => {
      if (response.completionCode === 0) {
        this.#level = level
        this.#advance()
      } else this.#answered(response, setSessionPrivilegeLevel)
    })
  }

  #exchange(session: ConsoleSession, request: SessionRequest, onAnswer: (response: LanResponse) => void): void {
    const { link } = this
    const limits = request.once
      ? { onceWaitMs: Math.max(LEAST_ONCE_WAIT_MS, 8 * link.peer.roundTrip.timeoutMs) }
      : { mayStall: true }
    const exchange = commandExchange(session, request, limits, (end, response) => {
      if (response !== undefined) onAnswer(response)
      else if (end === 'stalled') this.#openAnew()
      else this.#unanswered(end)
    })
    this.#options.dispatcher.begin(link, exchange)
  }

  #answered(response: LanResponse, command: AnyCommand): void {
    this.#request = undefined
    this.#user?.answered(response, command)
  }

  #unanswered(end: ExchangeEnd): void {
    this.#noteSilence()
    this.#request = undefined
    if (end === 'silent') this.#user?.unanswered()
    else this.#late()
  }

  /** A working BMC may answer a command late: silence after one transmission says nothing about the session. */
  #noteSilence(): void {
    const { sentMs } = this.link
    const [firstMs] = sentMs
    this.#isSilent =
      firstMs !== undefined && sentMs.length > 1 && this.#options.dispatcher.nowMs() - firstMs >= SILENT_MS
  }
}

function closing(session: ConsoleSession, onEnd: () => void): Exchange {
  const data = closeSession.request.encode({ sessionId: session.managedSessionId })
  const request = { command: closeSession, data, sent: false }
  return commandExchange(session, request, { mostTransmissions: CLOSE_TRANSMISSIONS }, onEnd)
}
