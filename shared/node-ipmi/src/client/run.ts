import { MalformedError } from '../codec/malformed-error.ts'
import { closeSession } from '../commands/close-session.ts'
import { type Command, isRepeatable } from '../commands/command.ts'
import { setSessionPrivilegeLevel } from '../commands/set-session-privilege-level.ts'
import type { ConsoleHandshake } from '../handshake/console.ts'
import { ConsoleSession } from '../session/console-session.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import { commandExchange } from './command-exchange.ts'
import type { ClientCounters } from './counters.ts'
import { describeCompletion } from './describe-completion.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { IpmiError, IpmiErrorKind } from './ipmi-error.ts'
import type { SessionHost } from './ipmi-session.ts'
import type { ExchangeEnd, Link } from './link.ts'
import { Opening } from './opening.ts'
import type { Login } from './target.ts'
import type { Workaround } from './workarounds.ts'

/** Close Session is sent so often, and waited for so long in all (milliseconds), and then left to the BMC's own time-out. */
const CLOSE_TRANSMISSIONS = 3
const CLOSE_WAIT_MS = 2000
/** Least wait for the answer to a command that is sent once, in milliseconds; some BMCs answer only when they have acted. */
const LEAST_ONCE_WAIT_MS = 3000

interface PendingCommand {
  readonly command: Command<unknown, unknown>
  readonly data: Uint8Array
  readonly once: boolean
  /** It has been handed to the network. */
  sent: boolean
  resolve(response: unknown): void
  reject(error: unknown): void
}

export interface RunOptions {
  readonly dispatcher: Dispatcher
  readonly counters: ClientCounters
  readonly random: (length: number) => Uint8Array
  readonly link: Link
  readonly login: Login
  readonly workarounds: readonly Workaround[]
  /** Called when the session is open, once. */
  readonly onOpen: () => void
  /** Called when the run cannot go on: its session did not open, or its deadline has passed. */
  readonly onFailure: (error: IpmiError) => void
  /** Called when nothing of the run is left. */
  readonly onGone: () => void
}

/** One session from its opening to its close: keeps commands in turn, and opens it anew where the BMC has forgotten it. */
export class Run implements SessionHost {
  readonly #options: RunOptions
  readonly #link: Link
  readonly #opening: Opening
  readonly #waiting: PendingCommand[] = []
  readonly #sleepers = new Set<(error: IpmiError) => void>()
  #current: PendingCommand | undefined
  #session: ConsoleSession | undefined
  #wasOpen = false
  #ended = false
  #level: number = PrivilegeLevel.user

  constructor(options: RunOptions) {
    this.#options = options
    this.#link = options.link
    this.#opening = new Opening({
      ...options,
      onOpen: (handshake) => this.#opened(handshake),
      onFailure: (error) => this.fail(error),
    })
  }

  get address(): string {
    return this.#link.peer.name
  }

  get cipherSuite(): 3 | 17 {
    return this.#session?.cipherSuite ?? this.#link.peer.cipherSuite
  }

  get workarounds(): readonly Workaround[] {
    return this.#options.workarounds
  }

  nowMs(): number {
    return this.#options.dispatcher.nowMs()
  }

  deadlineMs(): number {
    return this.#link.deadlineMs
  }

  start(): void {
    this.#options.dispatcher.add(this.#link)
    this.#opening.start()
  }

  send<Request, Response>(command: Command<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      const once = !isRepeatable(command, request)
      const pending = { command, data: this.#encode(command, request), once, sent: false, resolve, reject }
      // Type parameters end at the queue: `resolve` gets what this very command's codec reads.
      this.#waiting.push(pending as unknown as PendingCommand)
      if (this.#ended) this.#rejectAll(this.error('closed', 'the session is closed'))
      else this.#pump()
    })
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.error('closed', 'the session is closed'))
        return
      }
      const timer = this.#options.dispatcher.after(delayMs, () => {
        this.#sleepers.delete(stop)
        resolve()
      })
      const stop = (error: IpmiError) => {
        timer.cancel()
        reject(error)
      }
      this.#sleepers.add(stop)
    })
  }

  error(kind: IpmiErrorKind, what: string, details: { completionCode?: number } = {}): IpmiError {
    return this.#link.error(kind, what, this.nowMs(), details)
  }

  /** Ends the run for a reason from outside or inside; a command that was sent once and is unanswered makes it `unknown-outcome`. */
  fail(error: IpmiError): void {
    if (this.#ended) return
    const { onFailure, counters } = this.#options
    if (!this.#wasOpen) counters.sessionsFailed++
    const unknown = this.#onceIsOut() ? this.#unknownOutcome() : undefined
    this.#rejectAll(unknown ?? error)
    this.#end()
    onFailure(unknown ?? error)
  }

  /** Ends the run after its work: what is still under way is given up, and the session closed. */
  finish(): void {
    if (this.#ended) return
    if (this.#current !== undefined || this.#waiting.length > 0 || this.#sleepers.size > 0) {
      this.#rejectAll(this.error('closed', 'the session is closed'))
    }
    this.#end()
  }

  #end(): void {
    this.#ended = true
    const { dispatcher, onGone } = this.#options
    const session = this.#session
    const gone = () => {
      dispatcher.remove(this.#link)
      onGone()
    }
    if (session === undefined) {
      gone()
      return
    }
    this.#link.deadlineMs = this.nowMs() + CLOSE_WAIT_MS
    this.#link.onDeadline = undefined
    const data = closeSession.request.encode({ sessionId: session.managedSessionId })
    const exchange = commandExchange(session, closeSession, data, { mostTransmissions: CLOSE_TRANSMISSIONS }, gone)
    dispatcher.rest(this.#link)
    dispatcher.begin(this.#link, exchange)
  }

  #rejectAll(error: IpmiError): void {
    this.#current?.reject(error)
    this.#current = undefined
    for (const pending of this.#waiting.splice(0)) pending.reject(error)
    for (const stop of this.#sleepers) stop(error)
    this.#sleepers.clear()
  }

  #opened({ keys, managedSessionId }: ConsoleHandshake): void {
    const { counters, onOpen, random } = this.#options
    counters.sessionsOpened++
    this.#session = new ConsoleSession(keys, managedSessionId, random)
    this.#link.peer.cipherSuite = this.#session.cipherSuite
    this.#level = PrivilegeLevel.user
    if (!this.#wasOpen) {
      this.#wasOpen = true
      this.#link.onDeadline = () => this.fail(this.#timeout())
      onOpen()
    }
    this.#pump()
  }

  /** Sends the next command where none is under way; first raises the privilege level if need be. */
  #pump(): void {
    const session = this.#session
    if (session === undefined || this.#link.exchange !== undefined) return
    this.#current ??= this.#waiting.shift()
    const pending = this.#current
    if (pending === undefined) return
    const { privilege } = pending.command
    const level = privilege === 'none' ? 0 : PrivilegeLevel[privilege]
    if (level > this.#options.login.privilege) {
      this.#settle((current) =>
        current.reject(
          this.error('privilege', `${pending.command.name} needs ${privilege}; ask for that privilege level`),
        ),
      )
    } else if (level > this.#level) this.#raise(session, level)
    else this.#exchange(session, pending)
  }

  #raise(session: ConsoleSession, level: number): void {
    const data = setSessionPrivilegeLevel.request.encode({ level })
    const options = { mostTransmissions: Number.POSITIVE_INFINITY, mayStall: true }
    const exchange = commandExchange(session, setSessionPrivilegeLevel, data, options, (end, response) => {
      if (end !== 'answered' || response === undefined) return this.#unanswered(end)
      const { completionCode } = response
      if (completionCode !== 0) {
        const what = describeCompletion(setSessionPrivilegeLevel, completionCode)
        this.#settle((current) => current.reject(this.error('privilege', what, { completionCode })))
        return
      }
      this.#level = level
      this.#pump()
    })
    this.#options.dispatcher.begin(this.#link, exchange)
  }

  #exchange(session: ConsoleSession, pending: PendingCommand): void {
    const { command, data, once } = pending
    const onceWaitMs = Math.max(LEAST_ONCE_WAIT_MS, 8 * this.#link.peer.roundTrip.timeoutMs)
    const options = once
      ? {
          mostTransmissions: 1,
          onceWaitMs,
          onSend: () => {
            pending.sent = true
          },
        }
      : { mostTransmissions: Number.POSITIVE_INFINITY, mayStall: true }
    const exchange = commandExchange(session, command, data, options, (end, response) => {
      if (end !== 'answered' || response === undefined) return this.#unanswered(end)
      const { completionCode } = response
      this.#settle((current) => {
        if (completionCode === 0) this.#resolve(current, response.data)
        else current.reject(this.error('completion', describeCompletion(command, completionCode), { completionCode }))
      })
    })
    this.#options.dispatcher.begin(this.#link, exchange)
  }

  #resolve(current: PendingCommand, data: Uint8Array): void {
    try {
      current.resolve(current.command.response.decode(data))
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      current.reject(this.error('invalid', `${current.command.name}: the BMC's answer is too short`))
    }
  }

  #settle(settle: (current: PendingCommand) => void): void {
    const current = this.#current
    this.#current = undefined
    if (current !== undefined) settle(current)
    this.#pump()
  }

  #unanswered(end: ExchangeEnd): void {
    if (end === 'silent') {
      this.#settle((current) => current.reject(this.#unknownOutcome()))
    } else if (end === 'stalled') {
      this.#session = undefined
      this.#opening.start()
    } else this.fail(this.#onceIsOut() ? this.#unknownOutcome() : this.#timeout())
  }

  #encode<Request>(command: Command<Request, unknown>, request: Request): Uint8Array {
    try {
      return command.request.encode(request)
    } catch (cause) {
      // The codec's message names the field and its range.
      const what = cause instanceof Error ? cause.message : String(cause)
      throw this.#link.error('invalid', `${command.name}: ${what}`, this.nowMs(), { cause })
    }
  }

  #onceIsOut(): boolean {
    return this.#current?.once === true && this.#current.sent
  }

  #unknownOutcome(): IpmiError {
    const name = this.#current?.command.name ?? 'the command'
    return this.error('unknown-outcome', `${name} was sent once and not answered: it may have been executed`)
  }

  #timeout(): IpmiError {
    const waitedMs = this.nowMs() - this.#link.startedMs
    return this.error('timeout', `no answer in ${(waitedMs / 1000).toFixed(1)} s`)
  }
}
