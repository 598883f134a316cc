import { closeSession } from '../commands/close-session.ts'
import type { Command } from '../commands/command.ts'
import { setSessionPrivilegeLevel } from '../commands/set-session-privilege-level.ts'
import type { ConsoleHandshake } from '../handshake/console.ts'
import { ConsoleSession } from '../session/console-session.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { commandExchange } from './command-exchange.ts'
import type { ClientCounters } from './counters.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { IpmiError } from './ipmi-error.ts'
import type { Link } from './link.ts'
import { Opening } from './opening.ts'
import type { Login } from './target.ts'

/** Close Session is sent so often, and waited for so long in all (milliseconds), and then left to the BMC's own time-out. */
const CLOSE_TRANSMISSIONS = 3
const CLOSE_WAIT_MS = 2000
/** Least wait for the answer to a command that is sent once, in milliseconds; some BMCs answer only when they have acted. */
const LEAST_ONCE_WAIT_MS = 3000
/** A BMC that was silent for so long when it was last asked, in milliseconds, has lost the session. */
const SILENT_MS = 3000

/** A command of a run, ready to be sent. */
export interface SessionRequest {
  readonly command: Pick<Command<never, unknown>, 'netFn' | 'cmd'>
  readonly data: Uint8Array
  /** Sent in exactly one datagram. */
  readonly once: boolean
  /** Privilege level that it needs; 0: none. */
  readonly level: number
  /** Called as each transmission is handed to the network. */
  onSend(): void
  /** Called once, unless the run leaves before. */
  onEnd(end: RequestEnd): void
}

export type RequestEnd =
  | { readonly kind: 'answered' | 'level-refused'; readonly completionCode: number; readonly data: Uint8Array }
  /** Sent once, and not answered in its own wait. */
  | { readonly kind: 'silent' }
  /** Not answered until the run's deadline. */
  | { readonly kind: 'deadline' }

/** Who uses the session: one run at a time. */
export interface SessionUser {
  /** Called once, when the session is open. */
  readonly onOpen: () => void
  /** Called when the session cannot be opened, at first or anew. */
  readonly onFailure: (error: IpmiError) => void
}

export interface SessionKeeperOptions {
  readonly dispatcher: Dispatcher
  readonly counters: ClientCounters
  readonly random: (length: number) => Uint8Array
  readonly link: Link
  readonly login: Login
}

/** Keeps one session with a BMC over any number of runs: opens it when it is first needed, and anew where the BMC has lost it. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions
  readonly #link: Link
  #session: ConsoleSession | undefined
  #level: number = PrivilegeLevel.user
  #user: SessionUser | undefined
  #opening = false
  #request: SessionRequest | undefined
  /** The BMC did not answer in the end of the last run. */
  #isSilent = false

  constructor(options: SessionKeeperOptions) {
    this.#options = options
    this.#link = options.link
    options.dispatcher.add(options.link)
  }

  /** The suite of the session; before it is open, the one that will be proposed first. */
  get cipherSuite(): 3 | 17 {
    return this.#session?.cipherSuite ?? this.#link.peer.cipherSuite
  }

  /** Begins a run that ends at `deadlineMs` on the client's clock; `onOpen` is called at once where the session is open. */
  enter(user: SessionUser, deadlineMs: number): void {
    this.#user = user
    this.#link.deadlineMs = deadlineMs
    this.#options.dispatcher.rest(this.#link)
    if (this.#isSilent) this.#openAnew()
    else if (this.#session === undefined) this.#open()
    else this.#enterOpen()
  }

  /** Sends a request of the run; it may have one under way. */
  send(request: SessionRequest): void {
    this.#request = request
    this.#advance()
  }

  /** Ends the run: gives up what is under way, and keeps the session. */
  leave(): void {
    const link = this.#link
    if (this.#opening) this.#options.counters.sessionsFailed++
    if (link.exchange !== undefined && !this.#opening) this.#noteSilence()
    this.#opening = false
    this.#user = undefined
    this.#request = undefined
    link.onDeadline = undefined
    link.deadlineMs = Number.POSITIVE_INFINITY
    this.#options.dispatcher.rest(link)
  }

  /** Closes the session, if there is one, and calls `onGone` when nothing of it is left; no run may begin any more. */
  close(onGone: () => void): void {
    const { dispatcher } = this.#options
    const link = this.#link
    const session = this.#session
    const gone = () => {
      dispatcher.remove(link)
      onGone()
    }
    if (session === undefined) {
      gone()
      return
    }
    this.#session = undefined
    link.deadlineMs = dispatcher.nowMs() + CLOSE_WAIT_MS
    const data = closeSession.request.encode({ sessionId: session.managedSessionId })
    dispatcher.begin(
      link,
      commandExchange(session, closeSession, data, { mostTransmissions: CLOSE_TRANSMISSIONS }, gone),
    )
  }

  #enterOpen(): void {
    const user = this.#user
    if (user === undefined) return
    this.#link.onDeadline = () => user.onFailure(this.#link.noAnswer(this.#options.dispatcher.nowMs()))
    user.onOpen()
  }

  #open(): void {
    this.#opening = true
    new Opening({
      ...this.#options,
      onOpen: (handshake) => this.#opened(handshake),
      onFailure: (error) => this.#user?.onFailure(error),
    }).start()
  }

  /** Where the BMC is slow and not restarted, the lost session's slot is given back by its close, whose answer nobody waits for. */
  #openAnew(): void {
    const session = this.#session
    if (session !== undefined) {
      const { netFn, cmd, request } = closeSession
      const data = request.encode({ sessionId: session.managedSessionId })
      const close = { netFn, command: cmd, sequence: session.nextRequestSequence(), data }
      this.#options.dispatcher.tell(this.#link, session.seal(close))
    }
    this.#session = undefined
    this.#isSilent = false
    this.#open()
  }

  #opened({ keys, managedSessionId }: ConsoleHandshake): void {
    const { counters, random } = this.#options
    counters.sessionsOpened++
    this.#opening = false
    this.#session = new ConsoleSession(keys, managedSessionId, random)
    this.#link.peer.cipherSuite = this.#session.cipherSuite
    this.#level = PrivilegeLevel.user
    if (this.#request === undefined) this.#enterOpen()
    else this.#advance()
  }

  /** Sends the request; first raises the privilege level if need be. */
  #advance(): void {
    const session = this.#session
    const request = this.#request
    if (session === undefined || request === undefined) return
    if (request.level > this.#level) this.#raise(session, request)
    else this.#exchange(session, request)
  }

  #raise(session: ConsoleSession, request: SessionRequest): void {
    const { level } = request
    const data = setSessionPrivilegeLevel.request.encode({ level })
    const options = { mostTransmissions: Number.POSITIVE_INFINITY, mayStall: true }
    const exchange = commandExchange(session, setSessionPrivilegeLevel, data, options, (end, response) => {
      if (end !== 'answered' || response === undefined) this.#unanswered(request, end)
      else if (response.completionCode !== 0) this.#end(request, { ...response, kind: 'level-refused' })
      else {
        this.#level = level
        this.#advance()
      }
    })
    this.#options.dispatcher.begin(this.#link, exchange)
  }

  #exchange(session: ConsoleSession, request: SessionRequest): void {
    const { command, data, once } = request
    const onSend = () => request.onSend()
    const options = once
      ? {
          mostTransmissions: 1,
          onceWaitMs: Math.max(LEAST_ONCE_WAIT_MS, 8 * this.#link.peer.roundTrip.timeoutMs),
          onSend,
        }
      : { mostTransmissions: Number.POSITIVE_INFINITY, mayStall: true, onSend }
    const exchange = commandExchange(session, command, data, options, (end, response) => {
      if (end !== 'answered' || response === undefined) this.#unanswered(request, end)
      else this.#end(request, { ...response, kind: 'answered' })
    })
    this.#options.dispatcher.begin(this.#link, exchange)
  }

  #unanswered(request: SessionRequest, end: 'answered' | 'silent' | 'stalled' | 'deadline'): void {
    if (end === 'stalled') {
      this.#openAnew()
      return
    }
    this.#noteSilence()
    this.#end(request, { kind: end === 'silent' ? 'silent' : 'deadline' })
  }

  #end(request: SessionRequest, end: RequestEnd): void {
    this.#request = undefined
    request.onEnd(end)
  }

  /** A command that is sent once may be answered late by a BMC that is well: silence to it says nothing about the session. */
  #noteSilence(): void {
    const { sentMs } = this.#link
    const [firstMs] = sentMs
    this.#isSilent =
      firstMs !== undefined && sentMs.length > 1 && this.#options.dispatcher.nowMs() - firstMs >= SILENT_MS
  }
}
