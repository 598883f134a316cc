import { CommanderError } from 'commander'
import { CliError, type ExitCode, exitCode } from './cli-error.ts'

/** Says on standard error what ended a command, and gives its exit code. Help and version end this way too. */
export function reportError(error: unknown): ExitCode {
  // Commander has printed its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
  const text = error instanceof Error ? error.message : String(error)
  process.stderr.write(`powerbus: ${text}\n`)
  if (process.env.POWERBUS_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return error instanceof CliError ? error.exitCode : exitCode.failed
}
