import type { AbortWatch } from './abort-watch.ts'
import type { BmcSession } from './bmc-session.ts'
import { IpmiError, type IpmiErrorKind } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import { Run, type RunHost } from './run.ts'
import { checkTarget, type Login, type Target } from './target.ts'
import type { Workaround } from './workarounds.ts'

export interface RunLimits {
  readonly signal?: AbortSignal
  /** Milliseconds, in place of the client's own. */
  readonly timeoutMs?: number
}

/** What a connection needs of its client. */
export interface ConnectionHost extends RunHost {
  readonly aborts: AbortWatch
  readonly timeoutMs: number
  /** The conversation with the target's BMC if its address is a literal and the socket is open: nothing to wait for. */
  sessionNow(target: Target, login: Login, startedMs: number): BmcSession | undefined
  /** The conversation with the target's BMC; resolves its name within `timeoutMs`. Throws IpmiError. */
  session(target: Target, login: Login, limits: RunLimits, startedMs: number): Promise<BmcSession>
}

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
      const { signal, timeoutMs = this.#host.timeoutMs } = limits
      const startedMs = this.#host.dispatcher.nowMs()
      // The run's end is told to the caller by these alone.
      const outcome = { resolve: resolve as (result: unknown) => void, reject }
      const begin = (session: BmcSession) => this.#begin(session, work, signal, startedMs, timeoutMs, outcome)
      const session = this.#session ?? this.#host.sessionNow(this.#target, this.#login, startedMs)
      if (session !== undefined) begin(session)
      else {
        this.#host
          .session(this.#target, this.#login, { ...limits, timeoutMs }, startedMs)
          .then(begin, (error: unknown) => {
            this.#ended()
            reject(error)
          })
      }
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

  #begin(
    session: BmcSession,
    work: (session: IpmiSession) => Promise<unknown>,
    signal: AbortSignal | undefined,
    startedMs: number,
    timeoutMs: number,
    outcome: { resolve: (result: unknown) => void; reject: (error: unknown) => void },
  ): void {
    const { conversations, aborts, dispatcher } = this.#host
    const refusal = this.#isClosed
      ? this.#error('closed', 'the connection is closed')
      : signal?.aborted
        ? this.#error('aborted', 'given up by the caller', signal.reason)
        : undefined
    if (refusal !== undefined) {
      this.#ended()
      outcome.reject(refusal)
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
    if (signal !== undefined) {
      this.#signal = signal
      aborts.add(signal, this)
    }
    const { workarounds = noWorkarounds } = this.#target
    this.#run = new Run(this.#host, session, { workarounds, work, onEnd: () => this.#ended(), ...outcome })
    conversations.enter(session, this.#run, startedMs + timeoutMs)
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
