import type { Command } from '../commands/command.ts'
import type { Workaround } from './workarounds.ts'

/** An open session with one BMC, for the work of one run. */
export interface IpmiSession {
  /** Address and port of the BMC, as text. */
  readonly address: string
  /** The suite of the open session. */
  readonly cipherSuite: 3 | 17
  hasWorkaround(workaround: Workaround): boolean
  /**
   * Sends a command and waits for its answer. Several commands at once are sent one after the other. The client raises
   * the session's privilege level if the command needs more than User. It sends a repeatable command again until the
   * BMC answers or the run's deadline passes, and any other command exactly once.
   *
   * Throws IpmiError: `completion` for any completion code but 00h (the client does not retry it), `privilege`,
   * `timeout`, and `unknown-outcome` if a command that was sent once has no answer. After `timeout`, a command that
   * must not be repeated was not sent.
   */
  send<Request, Response>(
    command: Command<Request, Response>,
    ...request: Record<never, never> extends Request ? [request?: Request] : [request: Request]
  ): Promise<Response>
  /** Waits on the client's clock; rejects when the run ends. */
  sleep(delayMs: number): Promise<void>
  /** The client's monotonic clock, in milliseconds. */
  nowMs(): number
  /** Milliseconds until the run's deadline. */
  remainingMs(): number
}
