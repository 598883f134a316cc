import type { Command } from 'commander'
import { LOGIN_USER, withEndpoint } from '../endpoint/with-endpoint.ts'
import { wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

const DAY_SECONDS = 86_400

interface TokenOptions {
  readonly days: number
  readonly json?: true
}

/** Prints only the token, so that its output can go into a file. */
export function tokenCommand(command: Command, output: Output): void {
  command
    .option('--days <number>', 'days until it expires, up to 365', wholeNumber(1, 365), 30)
    .option('--json', 'print an object with the token and when it expires')
    .action(async ({ days, json }: TokenOptions) => {
      const { Token, Info } = await withEndpoint((drp) => drp.userToken(LOGIN_USER, days * DAY_SECONDS))
      if (json) output.json({ token: Token, expires: Info.Expires })
      else output.line(Token)
    })
}
