import type { LiteralAddress } from '../transport/resolve-host.ts'
import type { AbortWatch } from './abort-watch.ts'
import { AddressTurns, type Turn } from './address-turns.ts'
import type { BmcSession } from './bmc-session.ts'
import { IpmiError, type IpmiErrorKind } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import { Run, type RunHost, type RunOwner } from './run.ts'
import { DEFAULT_PORT, type Login, type Target } from './target.ts'
import type { Workaround } from './workarounds.ts'

export interface RunLimits {
  readonly signal?: AbortSignal
  /** Milliseconds, in place of the client's own. */
  readonly timeoutMs?: number
}

export type Addresses = readonly [LiteralAddress, ...LiteralAddress[]]

/** What a connection needs of its client. */
export interface ConnectionHost extends RunHost {
  readonly aborts: AbortWatch
  readonly timeoutMs: number
  /** Checks the target. Throws IpmiError `invalid`. */
  login(target: Target): Login
  /** The conversation with the target's BMC if its address is a literal and the socket is open: nothing to wait for. */
  sessionNow(target: Target, login: Login, startedMs: number): BmcSession | undefined
  /** The target's addresses; resolves its name within `timeoutMs`. Throws IpmiError. */
  addresses(target: Target, limits: RunLimits): Promise<Addresses>
  /** The conversation with the target's BMC at that address. Throws IpmiError, and the system's error for its socket. */
  session(
    literal: LiteralAddress,
    target: Target,
    login: Login,
    limits: RunLimits,
    startedMs: number,
  ): Promise<BmcSession>
  /** The target's BMC has answered there. */
  heard(target: Target, literal: LiteralAddress): void
}

/** An attempt of a run at one of several addresses. */
interface Attempt {
  readonly turns: AddressTurns
  readonly turn: Turn
}

/** An address that fails so before it has answered is not the BMC's, or not for now. */
const elsewhere: ReadonlySet<IpmiErrorKind> = new Set(['timeout', 'unreachable'])
const noWorkarounds: readonly Workaround[] = []

/** One BMC, and one session with it that is kept from run to run. */
export class IpmiConnection implements RunOwner {
  readonly #host: ConnectionHost
  readonly #target: Target
  readonly #login: Login
  readonly #closesAfterRun: boolean
  #session: BmcSession | undefined
  #run: Run | undefined
  /** Of the run under way, where its target has several addresses. */
  #attempt: Attempt | undefined
  #isBusy = false
  #isClosed = false
  /** The session is with one of several addresses. */
  #isOneOfSeveral = false

  /** `closesAfterRun`: for one run. Throws IpmiError `invalid`. */
  constructor(host: ConnectionHost, target: Target, closesAfterRun = false) {
    this.#host = host
    this.#target = target
    this.#login = host.login(target)
    this.#closesAfterRun = closesAfterRun
  }

  /**
   * Does the work in the connection's session. Opens the session if it is not open, and a new one if the BMC has lost
   * it; the session stays open afterwards. One run at a time. `timeoutMs` counts from this call, and includes the wait
   * for a place in flight.
   *
   * Rejects with the error of the work, or with IpmiError: `timeout`, `unreachable`, `credentials`, `privilege`,
   * `refused`, `unsupported` if the session did not open; `timeout` and `aborted` also during the work; `closed` if the
   * connection or the client was closed; `invalid` for a second run at the same time. The kind is `unknown-outcome`
   * instead if a command that must not be repeated was then sent and not answered.
   */
  run<T>(work: (session: IpmiSession) => Promise<T>, limits: RunLimits = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isBusy) {
        reject(this.#error('invalid', 'one run at a time in a session'))
        return
      }
      this.#isBusy = true
      const { signal, timeoutMs = this.#host.timeoutMs } = limits
      const { workarounds = noWorkarounds } = this.#target
      // The run's end is told to the caller by these two alone.
      const tell = resolve as (result: unknown) => void
      const run = new Run(this.#host, this, work, { signal, timeoutMs, workarounds }, tell, reject)
      const session = this.#kept() ?? this.#host.sessionNow(this.#target, this.#login, run.startedMs)
      if (session !== undefined) this.#begin(session, run)
      else this.#find(run, limits).catch((error: unknown) => this.#tell(run, true, error))
    })
  }

  /**
   * Ends the run under way (`closed`), and closes the session. The client sends Close Session at once, three times at
   * most without an answer; only the client's own `close` waits for the answer.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#run?.fail(this.#error('closed', 'the connection is closed'))
    if (this.#session !== undefined) this.#host.conversations.close(this.#session)
  }

  onAbort(): void {
    this.#run?.fail(this.#error('aborted', 'given up by the caller', this.#run.signal?.reason))
  }

  /** Begins the run at the target's only address, or at the first of them. */
  async #find(run: Run, limits: RunLimits): Promise<void> {
    const addresses = await this.#host.addresses(this.#target, limits)
    if (addresses.length > 1) await this.#tryNext(run, new AddressTurns(addresses, run.deadlineMs))
    else this.#begin(await this.#host.session(addresses[0], this.#target, this.#login, limits, run.startedMs), run)
  }

  /** Begins the run at the next address to which the system can send. */
  async #tryNext(run: Run, turns: AddressTurns): Promise<void> {
    const { dispatcher } = this.#host
    const { address, port = DEFAULT_PORT } = this.#target
    const limits = run.signal === undefined ? {} : { signal: run.signal }
    for (;;) {
      const turn = turns.next(dispatcher.nowMs())
      if (turn === undefined) throw turns.error(`${address}:${port}`, run.startedMs, dispatcher.nowMs())
      const session = await this.#host
        .session(turn.literal, this.#target, this.#login, limits, run.startedMs)
        .catch((cause: unknown) => {
          if (cause instanceof IpmiError) throw cause
          turns.failed(turn, this.#error('unreachable', 'the system gives no socket', cause))
        })
      if (session === undefined) continue
      this.#begin(session, run, { turns, turn })
      return
    }
  }

  /** The session of the run before. A name is resolved again for a new one. */
  #kept(): BmcSession | undefined {
    const kept = this.#session
    if (kept === undefined || kept.open !== undefined || !this.#isOneOfSeveral) return kept
    this.#forget(kept)
    return undefined
  }

  #forget(session: BmcSession): void {
    this.#host.dispatcher.remove(session)
    this.#session = undefined
  }

  #begin(session: BmcSession, run: Run, attempt?: Attempt): void {
    const { aborts, dispatcher } = this.#host
    const { signal, deadlineMs } = run
    if (this.#isClosed || signal?.aborted) {
      const refusal = this.#isClosed
        ? this.#error('closed', 'the connection is closed')
        : this.#error('aborted', 'given up by the caller', signal?.reason)
      this.#tell(run, true, refusal)
      return
    }
    if (this.#session === undefined) {
      this.#session = session
      dispatcher.add(session)
      session.connection = this
    }
    if (signal !== undefined) aborts.add(signal, this)
    this.#run = run
    this.#attempt = attempt
    if (attempt !== undefined) {
      this.#isOneOfSeveral = true
      session.heardDeadlineMs = deadlineMs
    }
    run.begin(session, attempt?.turn.untilMs ?? deadlineMs)
  }

  /** The conversation cannot go on: see `BmcSession.connection`. */
  onFail(error: IpmiError): void {
    this.#run?.fail(error)
    if (error.kind === 'closed') this.close()
  }

  /** An address that was silent, or that the system cannot send to, is followed by the next one. */
  ended(run: Run, isFailed: boolean, outcome: unknown): void {
    const session = this.#session
    if (this.#attempt !== undefined && session !== undefined) {
      const { turns, turn } = this.#attempt
      if (session.isHeard) this.#host.heard(this.#target, turn.literal)
      else if (isFailed && outcome instanceof IpmiError && elsewhere.has(outcome.kind)) {
        turns.failed(turn, outcome, session)
        this.#run = undefined
        this.#forget(session)
        this.#tryNext(run, turns).catch((failure: unknown) => this.#tell(run, true, failure))
        return
      }
    }
    this.#tell(run, isFailed, outcome)
  }

  #tell(run: Run, isFailed: boolean, outcome: unknown): void {
    if (run.signal !== undefined) this.#host.aborts.remove(run.signal, this)
    this.#run = undefined
    this.#attempt = undefined
    this.#isBusy = false
    if (this.#closesAfterRun) this.close()
    if (isFailed) run.reject(outcome)
    else run.resolve(outcome)
  }

  #error(kind: IpmiErrorKind, what: string, cause?: unknown): IpmiError {
    const details = cause === undefined ? {} : { cause }
    return (
      this.#session?.error(kind, what, this.#host.dispatcher.nowMs(), details) ??
      new IpmiError(kind, this.#target.address, what, details)
    )
  }
}
