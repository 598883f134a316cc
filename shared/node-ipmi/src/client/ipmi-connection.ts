import type { ClientCounters } from './counters.ts'
import type { Dispatcher } from './dispatcher.ts'
import { IpmiError } from './ipmi-error.ts'
import { IpmiSession } from './ipmi-session.ts'
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
  /** From now on `close` of the client and send errors reach `fail`. Returns what ends that. */
  register(link: Link, fail: (error: IpmiError) => void): () => void
}

/** One BMC, and one session with it that is kept from run to run. */
export class IpmiConnection {
  readonly #host: ConnectionHost
  readonly #target: Target
  readonly #login: Login
  #link: Link | undefined
  #keeper: SessionKeeper | undefined
  #forget: (() => void) | undefined
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
   * Does the work in the connection's session, which is opened where it is not open, and opened anew where the BMC has lost it; the
   * session stays open afterwards. One run at a time. `timeoutMs` counts from this call, and covers waiting for a place in flight.
   *
   * Rejects with what the work threw, or with IpmiError: `timeout`, `unreachable`, `credentials`, `privilege`, `refused`, `unsupported`
   * where the session did not open; `timeout` and `aborted` also in mid-work; `closed` with the connection or the client; `invalid` for a
   * second run. Where a command that must not be repeated was out at that time, the kind is `unknown-outcome` instead.
   */
  async run<T>(work: (session: IpmiSession) => Promise<T>, limits: RunLimits = {}): Promise<T> {
    if (this.#isBusy) throw this.#error('invalid', 'one run at a time in a session')
    this.#isBusy = true
    try {
      return await this.#begin(work, limits)
    } finally {
      this.#isBusy = false
    }
  }

  /**
   * Ends the run under way (`closed`), and closes the session. Close Session is sent at once, three times at most where it is not answered;
   * nothing waits for its answer but the client's own `close`.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#run?.fail(this.#error('closed', 'the connection is closed'))
    this.#keeper?.close(() => this.#forget?.())
  }

  async #begin<T>(work: (session: IpmiSession) => Promise<T>, limits: RunLimits): Promise<T> {
    const { dispatcher, timeoutMs: usualMs } = this.#host
    const { signal, timeoutMs = usualMs } = limits
    const startedMs = dispatcher.nowMs()
    const link = this.#link ?? (await this.#host.link(this.#target, { ...limits, timeoutMs }))
    if (this.#isClosed) throw this.#error('closed', 'the connection is closed')
    const keeper = this.#keeperOf(link)
    link.startedMs = startedMs
    const aborted = () => link.error('aborted', 'given up by the caller', dispatcher.nowMs(), { cause: signal?.reason })
    if (signal?.aborted) throw aborted()
    return await new Promise<T>((resolve, reject) => {
      const onAbort = () => run.fail(aborted())
      const end = () => {
        signal?.removeEventListener('abort', onAbort)
        if (this.#run === run) this.#run = undefined
      }
      const finish = () => {
        run.finish()
        end()
      }
      const run = new Run({
        nowMs: () => dispatcher.nowMs(),
        after: (delayMs, callback) => dispatcher.after(delayMs, callback),
        link,
        keeper,
        privilege: this.#login.privilege,
        workarounds: this.#target.workarounds ?? [],
        onOpen: () => {
          const doing = (async () => work(new IpmiSession(run)))()
          doing.finally(finish).then(resolve, reject)
        },
        onFailure: (error) => {
          end()
          reject(error)
        },
      })
      this.#run = run
      signal?.addEventListener('abort', onAbort, { once: true })
      run.start(startedMs + timeoutMs)
    })
  }

  #keeperOf(link: Link): SessionKeeper {
    if (this.#keeper !== undefined) return this.#keeper
    this.#link = link
    this.#forget = this.#host.register(link, (error) => {
      this.#run?.fail(error)
      if (error.kind === 'closed') this.close()
    })
    this.#keeper = new SessionKeeper({ ...this.#host, link, login: this.#login })
    return this.#keeper
  }

  #error(kind: 'closed' | 'invalid', what: string): IpmiError {
    const { dispatcher } = this.#host
    return this.#link?.error(kind, what, dispatcher.nowMs()) ?? new IpmiError(kind, this.#target.address, what)
  }
}
