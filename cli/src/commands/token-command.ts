import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

export interface TokenOptions {
  readonly days: number
  readonly json?: true
}

export function addTokenCommand(program: Command, output: Output): void {
  program
    .command('token')
    .description('print a token for the API, for a service or a program; it has all rights, and cannot be taken back')
    .option('--days <number>', 'how long it is good, up to 365', wholeNumber(1, 365), 30)
    .option('--json', 'print an object with the token and when it expires')
    .action(async (options: TokenOptions) => {
      const { printToken } = await import('../endpoint/print-token.ts')
      await printToken(options, output)
    })
}

export function addLoginCodeCommand(program: Command, output: Output): void {
  program
    .command('login-code')
    .description("print a new one-time code for 'powerbus login' from another account or machine")
    .option('--json', 'print an object with the code and when it expires')
    .action(async (options: { json?: true }) => {
      const { printLoginCode } = await import('../endpoint/print-token.ts')
      await printLoginCode(options, output)
    })
}
