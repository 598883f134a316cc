import { MalformedError } from '../codec/malformed-error.ts'
import { type Command, isRepeatable } from '../commands/command.ts'
import { completionMeaning } from '../spec/completion-code.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import type { LanResponse } from '../wire/lan-message.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { IpmiError, IpmiErrorDetails, IpmiErrorKind } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import type { AnyCommand, SessionKeeper, SessionRequest, SessionUser } from './session-keeper.ts'
import type { Workaround } from './workarounds.ts'

interface PendingCommand extends SessionRequest {
  readonly command: Command<unknown, unknown>
  resolve(response: unknown): void
  reject(error: unknown): void
}

export interface RunOptions {
  readonly dispatcher: Dispatcher
  readonly keeper: SessionKeeper
  /** Highest privilege level that the session was asked for. */
  readonly privilege: number
  readonly workarounds: readonly Workaround[]
  readonly work: (session: IpmiSession) => Promise<unknown>
  /** One of the two is called, once: with the outcome of the work, or with the error that ended the run. */
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Work in one session until the work ends or the deadline passes. Sends the commands of the work one at a time. */
export class Run implements IpmiSession, SessionUser {
  readonly #options: RunOptions
  readonly #waiting: PendingCommand[] = []
  #sleepers: readonly ((error: IpmiError) => void)[] = []
  #current: PendingCommand | undefined
  #ended = false

  constructor(options: RunOptions) {
    this.#options = options
  }

  get address(): string {
    return this.#options.keeper.link.peer.name
  }

  get cipherSuite(): 3 | 17 {
    return this.#options.keeper.cipherSuite
  }

  hasWorkaround(workaround: Workaround): boolean {
    return this.#options.workarounds.includes(workaround)
  }

  nowMs(): number {
    return this.#options.dispatcher.nowMs()
  }

  remainingMs(): number {
    return this.#options.keeper.link.deadlineMs - this.nowMs()
  }

  send<Request, Response>(command: Command<Request, Response>, request = {} as Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      const data = this.#encode(command, request)
      const level = command.privilege === 'none' ? 0 : PrivilegeLevel[command.privilege]
      const pending = { command, data, level, once: !isRepeatable(command, request), sent: false, resolve, reject }
      // Type parameters end at the queue: `resolve` gets what this command's codec reads.
      this.#waiting.push(pending as unknown as PendingCommand)
      if (this.#ended) this.#rejectAll(this.#over())
      else this.#sendNext()
    })
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#over())
        return
      }
      const timer = this.#options.dispatcher.after(delayMs, () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== stop)
        resolve()
      })
      const stop = (error: IpmiError) => {
        timer.cancel()
        reject(error)
      }
      this.#sleepers = [...this.#sleepers, stop]
    })
  }

  async opened(): Promise<void> {
    const { work, resolve, reject } = this.#options
    try {
      const result = await work(this)
      this.#end()
      resolve(result)
    } catch (error) {
      this.#end()
      reject(error)
    }
  }

  /** Ends the run. The error is `unknown-outcome` if a command that is sent once was sent and not answered. */
  fail(error: IpmiError): void {
    if (this.#ended) return
    const isOut = this.#current?.once === true && this.#current.sent
    const failure = isOut ? this.#unknownOutcome() : error
    this.#end(failure)
    this.#options.reject(failure)
  }

  answered({ completionCode, data }: LanResponse, command: AnyCommand): void {
    const pending = this.#current
    if (pending === undefined) return
    if (completionCode === 0) this.#resolve(pending, data)
    else {
      const kind = command === pending.command ? 'completion' : 'privilege'
      pending.reject(this.#error(kind, completionText(command, completionCode), { completionCode }))
    }
    this.#current = undefined
    this.#sendNext()
  }

  unanswered(): void {
    this.#current?.reject(this.#unknownOutcome())
    this.#current = undefined
    this.#sendNext()
  }

  #end(reason?: IpmiError): void {
    if (this.#ended) return
    this.#ended = true
    this.#options.keeper.leave()
    if (this.#current !== undefined || this.#waiting.length > 0 || this.#sleepers.length > 0) {
      this.#rejectAll(reason ?? this.#over())
    }
  }

  #rejectAll(error: IpmiError): void {
    this.#current?.reject(error)
    this.#current = undefined
    for (const pending of this.#waiting.splice(0)) pending.reject(error)
    for (const stop of this.#sleepers) stop(error)
    this.#sleepers = []
  }

  #sendNext(): void {
    if (this.#current !== undefined) return
    const pending = this.#waiting.shift()
    if (pending === undefined) return
    const { command, level } = pending
    if (level > this.#options.privilege) {
      const what = `${command.name} needs ${command.privilege}; ask for that privilege level`
      pending.reject(this.#error('privilege', what))
      this.#sendNext()
      return
    }
    this.#current = pending
    this.#options.keeper.send(pending)
  }

  #resolve({ command, resolve, reject }: PendingCommand, data: Uint8Array): void {
    try {
      resolve(command.response.decode(data))
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      reject(this.#error('invalid', `${command.name}: the BMC's answer is too short`))
    }
  }

  #encode<Request>(command: Command<Request, unknown>, request: Request): Uint8Array {
    try {
      return command.request.encode(request)
    } catch (cause) {
      // The codec's message names the field and its range.
      const what = cause instanceof Error ? cause.message : String(cause)
      throw this.#error('invalid', `${command.name}: ${what}`, { cause })
    }
  }

  #unknownOutcome(): IpmiError {
    const name = this.#current?.command.name ?? 'the command'
    return this.#error('unknown-outcome', `${name} was sent once and not answered: it may have been executed`)
  }

  #over(): IpmiError {
    return this.#error('closed', 'the run has ended')
  }

  #error(kind: IpmiErrorKind, what: string, details: IpmiErrorDetails = {}): IpmiError {
    return this.#options.keeper.link.error(kind, what, this.nowMs(), details)
  }
}

/** Name of the command, meaning and hexadecimal code; a meaning that the command gives the code goes before a generic one. */
function completionText({ name, completionCodes }: AnyCommand, code: number): string {
  const hex = code.toString(16).padStart(2, '0').toUpperCase()
  return `${name}: ${completionCodes?.[code] ?? completionMeaning(code)} (${hex}h)`
}
