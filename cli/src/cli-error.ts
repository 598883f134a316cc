/** Exit codes of the command: all went well, some failed, wrong use; the last two are those of a shell's signals. */
export const exitCode = { ok: 0, failed: 1, usage: 2, interrupted: 130, brokenPipe: 141 } as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

/** An end of the command that a person caused or can mend: its message is printed alone, without a stack. */
export class CliError extends Error {
  readonly exitCode: ExitCode

  constructor(message: string, options?: { exitCode?: ExitCode; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CliError'
    this.exitCode = options?.exitCode ?? exitCode.failed
  }
}

/** The command was called wrongly: nothing was sent anywhere. Exit code 2. */
export class UsageError extends CliError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, { ...options, exitCode: exitCode.usage })
    this.name = 'UsageError'
  }
}

/** No endpoint is there to be asked. */
export class NoEndpointError extends CliError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'NoEndpointError'
  }
}
