import type { TokenInfo } from '@powerbus/drp'
import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { type Listing, type ListingOptions, listingOptions, printList } from '../listing.ts'
import type { JsonOption, Output } from '../output.ts'

const listing: Listing<TokenInfo> = {
  columns: {
    ID: ({ Id }) => Id,
    NAME: ({ Name }) => Name,
    OWNER: ({ Owner }) => Owner,
    ROLE: ({ Role }) => Role,
    SCOPE: ({ Scope }) => Scope,
    PARENT: ({ Parent }) => Parent || '-',
    MADE: ({ Made }) => inSeconds(Made || '-'),
    EXPIRES: ({ Expires }) => inSeconds(Expires || 'never'),
    'LAST USED': ({ LastUsed }) => inSeconds(LastUsed || '-'),
  },
  name: ({ Id }) => Id,
  empty: 'no tokens',
}

export function tokensCommand(command: Command, output: Output): void {
  listingOptions(command).action((options: ListingOptions) => listTokens(options, output))
  const list = command.command('list').description('list the tokens, never their text')
  listingOptions(list).action((options: ListingOptions) =>
    listTokens({ ...command.opts<ListingOptions>(), ...options }, output),
  )
  command
    .command('revoke')
    .description('revoke a token and all tokens made with it')
    .argument('<id>', "id of the token, from 'powerbus tokens'; after -- where it begins with -, as an older one may")
    .option('--json', 'one JSON object per revoked token and line')
    .action((id: string, options: JsonOption) => revoke(id, { ...command.opts<JsonOption>(), ...options }, output))
}

async function listTokens(options: ListingOptions, output: Output): Promise<void> {
  await printList(output, await withEndpoint((drp) => drp.tokens.list()), listing, options)
}

async function revoke(id: string, { json }: JsonOption, output: Output): Promise<void> {
  const revoked = await withEndpoint((drp) => drp.tokens.revoke(id))
  if (json) for (const token of revoked) output.json(token)
  else output.line(`revoked ${revoked.map((token) => token.Id).join(' ')}`)
}

function inSeconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}
