import type { Command } from 'commander'
import { LOGIN_USER, withEndpoint } from '../endpoint/with-endpoint.ts'
import type { JsonOption, Output } from '../output.ts'

/** Prints a new one-time code, which voids the previous one. */
export function loginCodeCommand(command: Command, output: Output): void {
  command.option('--json', 'print an object with the code and when it expires').action(async ({ json }: JsonOption) => {
    const { Code, Expires } = await withEndpoint((drp) => drp.loginCode(LOGIN_USER))
    if (json) output.json({ code: Code, expires: Expires })
    else output.line(Code)
  })
}
