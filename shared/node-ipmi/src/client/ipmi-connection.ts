import type { ClientCounters } from './counters.ts'
import type { Dispatcher } from './dispatcher.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'
import type { Link } from './link.ts'
import { Run } from './run.ts'
import { SessionKeeper } from './session-keeper.ts'
import { checkTarget, type Login, type Target } from './target.ts'

export interface RunLimits {
  readonly signal?: AbortSignal
  /** Milliseconds, in place of the client's own. */
  readonly timeoutMs?: number
}

/** What a connection needs of its client. */
export interface ConnectionHost {
  readonly dispatcher: Dispatcher
  readonly counters: ClientCounters
  readonly random: (length: number) => Uint8Array
  readonly timeoutMs: number
  /** A link to the target's address, resolved within the limits. Throws IpmiError. */
  link(target: Target, limits: Required<Pick<RunLimits, 'timeoutMs'>> & RunLimits): Promise<Link>
}

/** One BMC, and one session with it that is kept from run to run. */
export class IpmiConnection {
  readonly #host: ConnectionHost
  readonly #target: Target
  readonly #login: Login
  #keeper: SessionKeeper | undefined
  #run: Run | undefined
  #isBusy = false
  #isClosed = false

  /** Throws IpmiError `invalid`. */
  constructor(host: ConnectionHost, target: Target) {
    this.#host = host
    this.#target = target
    this.#login = checkTarget(target)
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
  async run<T>(work: (session: IpmiSession) => Promise<T>, limits: RunLimits = {}): Promise<T> {
    if (this.#isBusy) throw this.#error('invalid', 'one run at a time in a session')
    this.#isBusy = true
    const { signal, timeoutMs = this.#host.timeoutMs } = limits
    const onAbort = () => this.#run?.fail(this.#error('aborted', 'given up by the caller', signal?.reason))
    try {
      const startedMs = this.#host.dispatcher.nowMs()
      const link = this.#keeper?.link ?? (await this.#host.link(this.#target, { ...limits, timeoutMs }))
      if (this.#isClosed) throw this.#error('closed', 'the connection is closed')
      link.startedMs = startedMs
      const keeper = this.#keeperOf(link)
      if (signal?.aborted) throw this.#error('aborted', 'given up by the caller', signal.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      return await this.#begin(keeper, work, startedMs + timeoutMs)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#run = undefined
      this.#isBusy = false
    }
  }

  /**
   * Ends the run under way (`closed`), and closes the session. The client sends Close Session at once, three times at
   * most without an answer; only the client's own `close` waits for the answer.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#run?.fail(this.#error('closed', 'the connection is closed'))
    this.#keeper?.close()
  }

  #begin<T>(keeper: SessionKeeper, work: (session: IpmiSession) => Promise<T>, deadlineMs: number): Promise<T> {
    const { dispatcher } = this.#host
    const { privilege } = this.#login
    const { workarounds = [] } = this.#target
    return new Promise<T>((resolve, reject) => {
      const outcome = { resolve: resolve as (result: unknown) => void, reject }
      this.#run = new Run({ dispatcher, keeper, privilege, workarounds, work, ...outcome })
      keeper.enter(this.#run, deadlineMs)
    })
  }

  #keeperOf(link: Link): SessionKeeper {
    if (this.#keeper !== undefined) return this.#keeper
    const { dispatcher, counters, random } = this.#host
    link.onFail = (error) => {
      this.#run?.fail(error)
      if (error.kind === 'closed') this.close()
    }
    this.#keeper = new SessionKeeper({ dispatcher, counters, random, link, login: this.#login })
    return this.#keeper
  }

  #error(kind: 'closed' | 'invalid' | 'aborted', what: string, cause?: unknown): IpmiError {
    const { dispatcher } = this.#host
    const details = cause === undefined ? {} : { cause }
    return (
      this.#keeper?.link.error(kind, what, dispatcher.nowMs(), details) ??
      new IpmiError(kind, this.#target.address, what, details)
    )
  }
}
