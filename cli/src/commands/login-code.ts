import type { Command } from 'commander'
import { LOGIN_USER, withEndpoint } from '../endpoint/with-endpoint.ts'
import type { Output } from '../output.ts'

interface LoginCodeOptions {
  readonly json?: true
}

/** Prints a new one-time code, which voids the previous one. */
export function loginCodeCommand(command: Command, output: Output): void {
  command
    .option('--json', 'print an object with the code and when it expires')
    .action(async ({ json }: LoginCodeOptions) => {
      const { Code, Expires } = await withEndpoint((drp) => drp.loginCode(LOGIN_USER))
      if (json) output.json({ code: Code, expires: Expires })
      else output.line(Code)
    })
}
