import { MalformedError } from '../codec/malformed-error.ts'
import { type Command, isRepeatable } from '../commands/command.ts'
import { completionMeaning } from '../spec/completion-code.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import type { BmcSession, SessionUser } from './bmc-session.ts'
import type { Conversations } from './conversations.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { IpmiError, IpmiErrorDetails, IpmiErrorKind } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import { unknownOutcome } from './once.ts'
import type { AnyCommand, Request } from './request.ts'
import type { Workaround } from './workarounds.ts'

/** What a run needs of its client. */
export interface RunHost {
  readonly dispatcher: Dispatcher
  readonly conversations: Conversations
}

interface RunOptions {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  readonly workarounds: readonly Workaround[]
}

/** The connection that a run belongs to. */
export interface RunOwner {
  /** The work has ended well, or the run has failed. Called once for each `begin`, before the outcome is told. */
  ended(run: Run, isFailed: boolean, outcome: unknown): void
}

/**
 * Work in one session until the work ends or the deadline passes, from the call of `IpmiConnection.run` to its outcome. Sends
 * the commands of the work one at a time.
 */
export class Run implements IpmiSession, SessionUser {
  /** Tell the caller the outcome: one of them is called, once. */
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal | undefined
  /** On the client's clock. */
  readonly startedMs: number
  readonly deadlineMs: number
  readonly #host: RunHost
  readonly #owner: RunOwner
  readonly #workarounds: readonly Workaround[]
  readonly #work: (session: IpmiSession) => Promise<unknown>
  #begun: BmcSession | undefined
  #waiting: PendingCommand[] | undefined
  #sleepers: Set<(error: IpmiError) => void> | undefined
  #current: PendingCommand | undefined
  #ended = false

  constructor(
    host: RunHost,
    owner: RunOwner,
    work: (session: IpmiSession) => Promise<unknown>,
    { signal, timeoutMs, workarounds }: RunOptions,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#host = host
    this.#owner = owner
    this.#workarounds = workarounds
    this.#work = work
    this.signal = signal
    this.startedMs = host.dispatcher.nowMs()
    this.deadlineMs = this.startedMs + timeoutMs
    this.resolve = resolve
    this.reject = reject
  }

  /** Begins the work in that session, which is opened if it is not open; may be called again after a failure. */
  begin(session: BmcSession, untilMs: number): void {
    this.#begun = session
    this.#ended = false
    session.startedMs = this.startedMs
    this.#host.conversations.enter(session, this, untilMs)
  }

  get #session(): BmcSession {
    if (this.#begun === undefined) throw new Error('a run without a session')
    return this.#begun
  }

  get address(): string {
    return this.#session.peer.name
  }

  get cipherSuite(): 3 | 17 {
    return this.#session.open?.cipherSuite ?? this.#session.peer.cipherSuite
  }

  hasWorkaround(workaround: Workaround): boolean {
    return this.#workarounds.includes(workaround)
  }

  nowMs(): number {
    return this.#host.dispatcher.nowMs()
  }

  remainingMs(): number {
    return this.#session.deadlineMs - this.nowMs()
  }

  send<Req, Res>(command: Command<Req, Res>, request = {} as Req): Promise<Res> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#over())
        return
      }
      // Type parameters end here: `resolve` gets what this command's codec reads.
      const pending = new PendingCommand(
        this,
        command as Command<unknown, unknown>,
        request,
        this.#encode(command, request),
        resolve as (response: unknown) => void,
        reject,
      )
      if (this.#current === undefined) this.#begin(pending)
      else {
        this.#waiting ??= []
        this.#waiting.push(pending)
      }
    })
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#over())
        return
      }
      const timer = this.#host.dispatcher.after(delayMs, () => {
        this.#sleepers?.delete(stop)
        resolve()
      })
      const stop = (error: IpmiError) => {
        timer.cancel()
        reject(error)
      }
      this.#sleepers ??= new Set()
      this.#sleepers.add(stop)
    })
  }

  opened(): void {
    let work: Promise<unknown>
    try {
      const begin = this.#work
      work = begin(this)
    } catch (error) {
      this.#settle(true, error)
      return
    }
    work.then(
      (result) => this.#settle(false, result),
      (error: unknown) => this.#settle(true, error),
    )
  }

  /** Ends the run. The error is `unknown-outcome` if a command that is sent once was sent and not answered. */
  fail(error: IpmiError): void {
    if (this.#ended) return
    const { conversations } = this.#host
    const isOut = this.#current !== undefined && conversations.isOut(this.#session)
    const failure = isOut ? this.error('unknown-outcome', unknownOutcome(this.#current as Request)) : error
    this.#end(failure)
    this.#owner.ended(this, true, failure)
  }

  /** The command under way has its answer, or its error. */
  done(): void {
    this.#current = undefined
    const next = this.#waiting?.shift()
    if (next !== undefined) this.#begin(next)
  }

  error(kind: IpmiErrorKind, what: string, details: IpmiErrorDetails = {}): IpmiError {
    return this.#session.error(kind, what, this.nowMs(), details)
  }

  #settle(isFailed: boolean, outcome: unknown): void {
    if (this.#ended) return
    this.#end()
    this.#owner.ended(this, isFailed, outcome)
  }

  #end(reason?: IpmiError): void {
    this.#ended = true
    this.#host.conversations.leave(this.#session)
    if (this.#current !== undefined || this.#sleepers !== undefined) this.#rejectAll(reason ?? this.#over())
  }

  #rejectAll(error: IpmiError): void {
    this.#current?.reject(error)
    this.#current = undefined
    for (const pending of this.#waiting?.splice(0) ?? []) pending.reject(error)
    for (const stop of this.#sleepers ?? []) stop(error)
    this.#sleepers = undefined
  }

  #begin(pending: PendingCommand): void {
    const { command, level } = pending
    this.#current = pending
    if (level <= this.#session.login.privilege) this.#host.conversations.send(this.#session, pending)
    else pending.failed('privilege', `${command.name} needs ${command.privilege}; ask for that privilege level`)
  }

  #encode<Req>(command: Command<Req, unknown>, request: Req): Uint8Array {
    try {
      return command.request.encode(request)
    } catch (cause) {
      // The codec's message names the field and its range.
      const what = cause instanceof Error ? cause.message : String(cause)
      throw this.error('invalid', `${command.name}: ${what}`, { cause })
    }
  }

  #over(): IpmiError {
    return this.error('closed', 'the run has ended')
  }
}

/** A command of a run, from `send` to its answer. */
class PendingCommand implements Request {
  readonly command: Command<unknown, unknown>
  readonly data: Uint8Array
  readonly level: number
  readonly once: boolean
  readonly changes: boolean
  readonly offShowsIt: boolean
  sequence = -1
  readonly #run: Run
  readonly #resolve: (response: unknown) => void
  readonly reject: (error: unknown) => void

  constructor(
    run: Run,
    command: Command<unknown, unknown>,
    request: unknown,
    data: Uint8Array,
    resolve: (response: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    const { privilege } = command
    this.#run = run
    this.command = command
    this.data = data
    this.level = privilege === 'none' ? 0 : PrivilegeLevel[privilege]
    this.once = !isRepeatable(command, request)
    this.changes = this.level > PrivilegeLevel.user
    this.offShowsIt = command.offShowsIt?.(request) === true
    this.#resolve = resolve
    this.reject = reject
  }

  get answerIsEmpty(): boolean {
    return this.command.response.maxLength === 0
  }

  answered(completionCode: number, data: Uint8Array, answered: AnyCommand): void {
    if (completionCode === 0) this.#decode(data)
    else {
      const kind = answered === this.command ? 'completion' : 'privilege'
      this.reject(this.#run.error(kind, completionText(answered, completionCode), { completionCode }))
    }
    this.#run.done()
  }

  failed(kind: IpmiErrorKind, what: string, details: IpmiErrorDetails = {}): void {
    this.reject(this.#run.error(kind, what, details))
    this.#run.done()
  }

  #decode(data: Uint8Array): void {
    try {
      this.#resolve(this.command.response.decode(data))
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.reject(this.#run.error('invalid', `${this.command.name}: the BMC's answer is too short`))
    }
  }
}

/** Name of the command, meaning and hexadecimal code; a meaning that the command gives the code goes before a generic one. */
function completionText({ name, completionCodes }: AnyCommand, code: number): string {
  const hex = code.toString(16).padStart(2, '0').toUpperCase()
  return `${name}: ${completionCodes?.[code] ?? completionMeaning(code)} (${hex}h)`
}
