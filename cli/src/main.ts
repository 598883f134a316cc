#!/usr/bin/env node
import { exitCode } from './cli-error.ts'
import { Output } from './output.ts'
import { buildProgram } from './program.ts'
import { reportError } from './report-error.ts'

/** Runs the command line and sets the exit code. Resolves when all output is written. */
async function runCli(args: readonly string[]): Promise<void> {
  const output = new Output(process.stdout)
  try {
    const program = await buildProgram(args, output)
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = reportError(error)
  }
  await output.flush()
  if (output.signal.aborted) process.exitCode = exitCode.brokenPipe
}

void runCli(process.argv.slice(2))
