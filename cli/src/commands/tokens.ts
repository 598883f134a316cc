import type { TokenInfo } from '@powerbus/drp'
import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import type { JsonOption, Output } from '../output.ts'
import { formatTable } from '../table.ts'

const HEADINGS = ['ID', 'NAME', 'OWNER', 'ROLE', 'SCOPE', 'PARENT', 'MADE', 'EXPIRES', 'LAST USED']

export function tokensCommand(command: Command, output: Output): void {
  command
    .option('--json', 'one JSON object per token and line')
    .action((options: JsonOption) => listTokens(options, output))
  command
    .command('list')
    .description('list the tokens, never their text')
    .option('--json', 'one JSON object per token and line')
    .action((options: JsonOption) => listTokens({ ...command.opts<JsonOption>(), ...options }, output))
  command
    .command('revoke')
    .description('revoke a token and all tokens that were got with it')
    .argument('<id>', "id of the token, from 'powerbus tokens'; after -- where it begins with -, as an older one may")
    .option('--json', 'one JSON object per revoked token and line')
    .action((id: string, options: JsonOption) => revoke(id, { ...command.opts<JsonOption>(), ...options }, output))
}

async function listTokens({ json }: JsonOption, output: Output): Promise<void> {
  const tokens = await withEndpoint((drp) => drp.tokens.list())
  if (json) for (const token of tokens) output.json(token)
  else output.lines(formatTable(HEADINGS, tokens.map(row)))
}

async function revoke(id: string, { json }: JsonOption, output: Output): Promise<void> {
  const revoked = await withEndpoint((drp) => drp.tokens.revoke(id))
  if (json) for (const token of revoked) output.json(token)
  else output.line(`revoked ${revoked.map((token) => token.Id).join(' ')}`)
}

function row(token: TokenInfo): string[] {
  const { Id, Name, Owner, Role, Scope, Parent } = token
  const times = [token.Made || '-', token.Expires || 'never', token.LastUsed || '-']
  return [Id, Name, Owner, Role, Scope, Parent || '-', ...times.map((time) => time.replace(/\.\d+Z$/, 'Z'))]
}
