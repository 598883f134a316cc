import { MalformedError } from '../codec/malformed-error.ts'
import { type Command, isRepeatable } from '../commands/command.ts'
import { setSessionPrivilegeLevel } from '../commands/set-session-privilege-level.ts'
import { PrivilegeLevel } from '../spec/privilege-level.ts'
import type { Timer } from '../transport/clock.ts'
import { describeCompletion } from './describe-completion.ts'
import type { IpmiError, IpmiErrorDetails, IpmiErrorKind } from './ipmi-error.ts'
import type { SessionHost } from './ipmi-session.ts'
import type { Link } from './link.ts'
import type { RequestEnd, SessionKeeper } from './session-keeper.ts'
import type { Workaround } from './workarounds.ts'

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
  readonly nowMs: () => number
  readonly after: (delayMs: number, callback: () => void) => Timer
  readonly link: Link
  readonly keeper: SessionKeeper
  /** Highest privilege level that the session was asked for. */
  readonly privilege: number
  readonly workarounds: readonly Workaround[]
  /** Called when the session is open, once. */
  readonly onOpen: () => void
  /** Called once, unless `finish` is: the session did not open, the deadline has passed, or `fail` was called. */
  readonly onFailure: (error: IpmiError) => void
}

/** Work in one session until it ends or a deadline passes: keeps its commands in turn. */
export class Run implements SessionHost {
  readonly #options: RunOptions
  readonly #waiting: PendingCommand[] = []
  readonly #sleepers = new Set<(error: IpmiError) => void>()
  #current: PendingCommand | undefined
  #ended = false

  constructor(options: RunOptions) {
    this.#options = options
  }

  get address(): string {
    return this.#options.link.peer.name
  }

  get cipherSuite(): 3 | 17 {
    return this.#options.keeper.cipherSuite
  }

  get workarounds(): readonly Workaround[] {
    return this.#options.workarounds
  }

  nowMs(): number {
    return this.#options.nowMs()
  }

  deadlineMs(): number {
    return this.#options.link.deadlineMs
  }

  start(deadlineMs: number): void {
    const { keeper, onOpen } = this.#options
    keeper.enter({ onOpen, onFailure: (error) => this.fail(error) }, deadlineMs)
  }

  send<Request, Response>(command: Command<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      const once = !isRepeatable(command, request)
      const pending = { command, data: this.#encode(command, request), once, sent: false, resolve, reject }
      // Type parameters end at the queue: `resolve` gets what this very command's codec reads.
      this.#waiting.push(pending as unknown as PendingCommand)
      if (this.#ended) this.#rejectAll(this.#over())
      else this.#pump()
    })
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#over())
        return
      }
      const timer = this.#options.after(delayMs, () => {
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

  /** Ends the run for a reason from outside or inside; a command that was sent once and is unanswered makes it `unknown-outcome`. */
  fail(error: IpmiError): void {
    if (this.#ended) return
    const isOut = this.#current?.once === true && this.#current.sent
    const failure = isOut ? this.#unknownOutcome() : error
    this.#end(failure)
    this.#options.onFailure(failure)
  }

  /** Ends the run after its work: what is still under way is given up. */
  finish(): void {
    if (!this.#ended) this.#end()
  }

  #end(reason?: IpmiError): void {
    this.#ended = true
    const hasLeft = this.#current !== undefined || this.#waiting.length > 0 || this.#sleepers.size > 0
    this.#options.keeper.leave()
    if (hasLeft) this.#rejectAll(reason ?? this.#over())
  }

  #rejectAll(error: IpmiError): void {
    this.#current?.reject(error)
    this.#current = undefined
    for (const pending of this.#waiting.splice(0)) pending.reject(error)
    for (const stop of this.#sleepers) stop(error)
    this.#sleepers.clear()
  }

  /** Sends the next command where none is under way. */
  #pump(): void {
    if (this.#current !== undefined) return
    const pending = this.#waiting.shift()
    if (pending === undefined) return
    const { command, data, once } = pending
    const level = command.privilege === 'none' ? 0 : PrivilegeLevel[command.privilege]
    if (level > this.#options.privilege) {
      const what = `${command.name} needs ${command.privilege}; ask for that privilege level`
      pending.reject(this.#error('privilege', what))
      this.#pump()
      return
    }
    this.#current = pending
    this.#options.keeper.send({
      command,
      data,
      once,
      level,
      onSend: () => {
        pending.sent = true
      },
      onEnd: (end) => this.#onEnd(pending, end),
    })
  }

  #onEnd(pending: PendingCommand, end: RequestEnd): void {
    if (end.kind === 'deadline') {
      this.fail(this.#options.link.noAnswer(this.nowMs()))
      return
    }
    if (end.kind === 'silent') pending.reject(this.#unknownOutcome())
    else this.#answered(pending, end)
    this.#current = undefined
    this.#pump()
  }

  #answered(pending: PendingCommand, { kind, completionCode, data }: Extract<RequestEnd, { data: Uint8Array }>): void {
    const { command } = pending
    if (completionCode === 0) {
      this.#resolve(pending, data)
      return
    }
    const [errorKind, refused] =
      kind === 'answered' ? (['completion', command] as const) : (['privilege', setSessionPrivilegeLevel] as const)
    pending.reject(this.#error(errorKind, describeCompletion(refused, completionCode), { completionCode }))
  }

  #resolve(pending: PendingCommand, data: Uint8Array): void {
    try {
      pending.resolve(pending.command.response.decode(data))
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      pending.reject(this.#error('invalid', `${pending.command.name}: the BMC's answer is too short`))
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
    return this.#options.link.error(kind, what, this.nowMs(), details)
  }
}
