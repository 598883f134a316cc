import { CliError, UsageError } from './cli-error.ts'

/**
 * Asks before something that is hard to undo. Throws a UsageError where there is no terminal to ask on, and a CliError
 * where the answer is not yes.
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError(`${question} Without a terminal, confirm with --yes`)
  const { read } = await import('read')
  const answer = await read({ prompt: `${question} [y/N] `, output: process.stderr })
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was done')
}
