/** Exit codes of the command. The last two are those that shells give for SIGINT and SIGPIPE. */
export const exitCode = { ok: 0, failed: 1, usage: 2, interrupted: 130, brokenPipe: 141 } as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

/** An error that the user caused or can solve; printed without a stack. Exit code 1 by default. */
export class CliError extends Error {
  readonly exitCode: ExitCode

  constructor(message: string, options?: { exitCode?: ExitCode; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CliError'
    this.exitCode = options?.exitCode ?? exitCode.failed
  }
}

/** Wrong use of the command; nothing was sent. Exit code 2. */
export class UsageError extends CliError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, { ...options, exitCode: exitCode.usage })
    this.name = 'UsageError'
  }
}

/** No endpoint answers. */
export class NoEndpointError extends CliError {
  override readonly name = 'NoEndpointError'
}
