import type { Command } from '../commands/command.ts'
import type { Workaround } from './workarounds.ts'

/** What a session needs of the run it belongs to. */
export interface SessionHost {
  readonly address: string
  readonly cipherSuite: 3 | 17
  readonly workarounds: readonly Workaround[]
  send<Request, Response>(command: Command<Request, Response>, request: Request): Promise<Response>
  sleep(delayMs: number): Promise<void>
  nowMs(): number
  deadlineMs(): number
}

/** An open session with one BMC. It closes when the work it was given to ends. */
export class IpmiSession {
  readonly #host: SessionHost

  constructor(host: SessionHost) {
    this.#host = host
  }

  /** Address and port of the BMC, as text. */
  get address(): string {
    return this.#host.address
  }

  /** The suite that the session was opened with. */
  get cipherSuite(): 3 | 17 {
    return this.#host.cipherSuite
  }

  hasWorkaround(workaround: Workaround): boolean {
    return this.#host.workarounds.includes(workaround)
  }

  /**
   * Sends a command and waits for its answer; several at once are sent in turn. Raises the session's privilege level where the command
   * needs more than User. A command that may be repeated is sent again until it is answered or the run's deadline passes; one that may
   * not is sent exactly once.
   *
   * Throws IpmiError: `completion` for any completion code but 00h (nothing is retried: that is the caller's to decide), `privilege`,
   * `timeout`, and `unknown-outcome` where a command that was sent once has no answer. After `timeout`, a command that must not be
   * repeated was not sent.
   */
  send<Request, Response>(
    command: Command<Request, Response>,
    ...request: Record<never, never> extends Request ? [request?: Request] : [request: Request]
  ): Promise<Response> {
    return this.#host.send(command, (request[0] ?? {}) as Request)
  }

  /** Waits on the client's clock; rejects when the run ends. */
  sleep(delayMs: number): Promise<void> {
    return this.#host.sleep(delayMs)
  }

  /** The client's monotonic clock, in milliseconds. */
  nowMs(): number {
    return this.#host.nowMs()
  }

  /** Milliseconds until the run's deadline. */
  remainingMs(): number {
    return this.#host.deadlineMs() - this.#host.nowMs()
  }
}
