import type { Call } from '@powerbus/plugin-sdk/unshared'

/** How a racadm command must be treated. */
export interface CommandKind {
  /** It must not be executed twice. */
  readonly once: boolean
}

/** One login at one RAC, which the first command makes. One command at a time. */
export interface RacadmTransport {
  /** The command's output, checked for failures. Throws RemoteError. */
  run(command: readonly string[], kind: CommandKind, call: Call): Promise<string>
  /** Logs out. */
  close(call: Call): Promise<void>
}
