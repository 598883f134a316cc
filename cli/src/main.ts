#!/usr/bin/env node
import { CommanderError } from 'commander'
import { CliError, type ExitCode, exitCode } from './cli-error.ts'
import { Output } from './output.ts'
import { buildProgram } from './program.ts'

/** Runs the command line and sets the exit code. Resolves when all output is written. */
async function runCli(args: readonly string[]): Promise<void> {
  const output = new Output(process.stdout)
  try {
    const program = await buildProgram(args, output)
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
  await output.flush()
  if (output.signal.aborted) process.exitCode = exitCode.brokenPipe
}

function report(error: unknown): ExitCode {
  // Commander has printed its message already. Help and version end this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
  const text = error instanceof Error ? error.message : String(error)
  process.stderr.write(`powerbus: ${text}\n`)
  if (process.env.POWERBUS_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return error instanceof CliError ? error.exitCode : exitCode.failed
}

void runCli(process.argv.slice(2))
