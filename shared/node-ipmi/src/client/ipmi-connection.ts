import type { LiteralAddress } from '../transport/resolve-host.ts'
import type { AbortWatch } from './abort-watch.ts'
import { AddressTurns, type Turn } from './address-turns.ts'
import type { BmcSession } from './bmc-session.ts'
import { IpmiError, type IpmiErrorKind } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import { Run, type RunEnds, type RunHost } from './run.ts'
import { checkTarget, DEFAULT_PORT, type Login, type Target } from './target.ts'
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

/** A run, from the call of `run` to its end. */
interface Call {
  readonly work: (session: IpmiSession) => Promise<unknown>
  readonly limits: RunLimits
  readonly startedMs: number
  readonly deadlineMs: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
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
export class IpmiConnection {
  readonly #host: ConnectionHost
  readonly #target: Target
  readonly #login: Login
  readonly #closesAfterRun: boolean
  #session: BmcSession | undefined
  #run: Run | undefined
  #signal: AbortSignal | undefined
  #isBusy = false
  #isClosed = false
  /** The session is with one of several addresses. */
  #isOneOfSeveral = false

  /** `closesAfterRun`: for one run. Throws IpmiError `invalid`. */
  constructor(host: ConnectionHost, target: Target, closesAfterRun = false) {
    this.#host = host
    this.#target = target
    this.#login = checkTarget(target)
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
      const { timeoutMs = this.#host.timeoutMs } = limits
      const startedMs = this.#host.dispatcher.nowMs()
      const call: Call = {
        work,
        limits,
        startedMs,
        deadlineMs: startedMs + timeoutMs,
        // The run's end is told to the caller by these alone.
        resolve: resolve as (result: unknown) => void,
        reject,
      }
      const session = this.#kept() ?? this.#host.sessionNow(this.#target, this.#login, startedMs)
      if (session !== undefined) this.#begin(session, call)
      else this.#find(call).catch((error: unknown) => this.#fail(call, error))
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
    this.#run?.fail(this.#error('aborted', 'given up by the caller', this.#signal?.reason))
  }

  /** Begins the run at the target's only address, or at the first of them. */
  async #find(call: Call): Promise<void> {
    const { limits, startedMs, deadlineMs } = call
    const addresses = await this.#host.addresses(this.#target, limits)
    if (addresses.length > 1) await this.#tryNext(call, new AddressTurns(addresses, deadlineMs))
    else this.#begin(await this.#host.session(addresses[0], this.#target, this.#login, limits, startedMs), call)
  }

  /** Begins the run at the next address to which the system can send. */
  async #tryNext(call: Call, turns: AddressTurns): Promise<void> {
    const { dispatcher } = this.#host
    const { address, port = DEFAULT_PORT } = this.#target
    for (;;) {
      const turn = turns.next(dispatcher.nowMs())
      if (turn === undefined) throw turns.error(`${address}:${port}`, call.startedMs, dispatcher.nowMs())
      const { limits, startedMs } = call
      const session = await this.#host
        .session(turn.literal, this.#target, this.#login, limits, startedMs)
        .catch((cause: unknown) => {
          if (cause instanceof IpmiError) throw cause
          turns.failed(turn, this.#error('unreachable', 'the system gives no socket', cause))
        })
      if (session === undefined) continue
      this.#begin(session, call, { turns, turn })
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

  #begin(session: BmcSession, call: Call, attempt?: Attempt): void {
    const { conversations, aborts, dispatcher } = this.#host
    const { work, startedMs, deadlineMs } = call
    const { signal } = call.limits
    const refusal = this.#isClosed
      ? this.#error('closed', 'the connection is closed')
      : signal?.aborted
        ? this.#error('aborted', 'given up by the caller', signal.reason)
        : undefined
    if (refusal !== undefined) {
      this.#fail(call, refusal)
      return
    }
    if (this.#session === undefined) {
      this.#session = session
      dispatcher.add(session)
      session.onFail = (error) => {
        this.#run?.fail(error)
        if (error.kind === 'closed') this.close()
      }
    }
    session.startedMs = startedMs
    if (signal !== undefined && this.#signal === undefined) {
      this.#signal = signal
      aborts.add(signal, this)
    }
    const { workarounds = noWorkarounds } = this.#target
    const ends: RunEnds =
      attempt === undefined
        ? { onEnd: () => this.#ended(), resolve: call.resolve, reject: call.reject }
        : this.#ends(session, call, attempt)
    this.#run = new Run(this.#host, session, workarounds, work, ends)
    if (attempt !== undefined) {
      this.#isOneOfSeveral = true
      session.heardDeadlineMs = deadlineMs
    }
    conversations.enter(session, this.#run, attempt?.turn.untilMs ?? deadlineMs)
  }

  /** An address that was silent, or that the system cannot send to, is followed by the next one. */
  #ends(session: BmcSession, call: Call, { turns, turn }: Attempt): RunEnds {
    return {
      onEnd: () => {
        if (session.isHeard) this.#host.heard(this.#target, turn.literal)
      },
      resolve: (result: unknown) => {
        this.#ended()
        call.resolve(result)
      },
      reject: (error: unknown) => {
        const isOver = session.isHeard || !(error instanceof IpmiError) || !elsewhere.has(error.kind)
        if (isOver) {
          this.#fail(call, error)
          return
        }
        turns.failed(turn, error, session)
        this.#run = undefined
        this.#forget(session)
        this.#tryNext(call, turns).catch((failure: unknown) => this.#fail(call, failure))
      },
    }
  }

  #fail(call: Call, error: unknown): void {
    this.#ended()
    call.reject(error)
  }

  #ended(): void {
    if (this.#signal !== undefined) this.#host.aborts.remove(this.#signal, this)
    this.#signal = undefined
    this.#run = undefined
    this.#isBusy = false
    if (this.#closesAfterRun) this.close()
  }

  #error(kind: IpmiErrorKind, what: string, cause?: unknown): IpmiError {
    const details = cause === undefined ? {} : { cause }
    return (
      this.#session?.error(kind, what, this.#host.dispatcher.nowMs(), details) ??
      new IpmiError(kind, this.#target.address, what, details)
    )
  }
}
