import type { TokenOptions } from '../commands/token-command.ts'
import type { Output } from '../output.ts'
import { withEndpoint } from './with-endpoint.ts'

const USER = 'powerbus'
const DAY_SECONDS = 86_400

/** The token alone, so that it can go into a file as it is. */
export async function printToken({ days, json }: TokenOptions, output: Output): Promise<void> {
  const { Token, Info } = await withEndpoint((drp) => drp.userToken(USER, days * DAY_SECONDS))
  if (json) output.json({ token: Token, expires: Info.Expires })
  else output.line(Token)
}

/** The code of before is worth nothing from then on. */
export async function printLoginCode({ json }: { json?: true }, output: Output): Promise<void> {
  const { Code, Expires } = await withEndpoint((drp) => drp.loginCode(USER))
  if (json) output.json({ code: Code, expires: Expires })
  else output.line(Code)
}
