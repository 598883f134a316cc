import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

const DAY_SECONDS = 86_400

interface TokenOptions {
  readonly days: number
  readonly name: string
  readonly role?: string
  readonly scope?: string
  readonly owner?: string
  readonly json?: true
}

const help = `
Roles: read may read and follow events, act may also run actions, admin may do everything. A scope is all, or one object:
machines/NAME, profiles/NAME or plugins/NAME; its role is read or act. 'powerbus tokens' lists and revokes tokens.

Where you are logged in from elsewhere, a token ends with your session: run this where the endpoint runs.`

/** Prints only the token, so that its output can go into a file. */
export function tokenCommand(command: Command, output: Output): void {
  command
    .option('--days <number>', 'days until it expires, up to 365', wholeNumber(1, 365), 30)
    .option('--name <name>', "what it is for, for 'powerbus tokens'", 'made by powerbus token')
    .option('--role <role>', 'read, act or admin (default: as your own; act with --scope)')
    .option('--scope <scope>', 'what it is for (default: as your own)')
    .option('--owner <user>', 'user that events name for it (default: powerbus)')
    .option('--json', 'print an object with the token, its id and when it expires')
    .addHelpText('after', help)
    .action(async ({ days, name, role, scope, owner, json }: TokenOptions) => {
      const { Token, Info } = await withEndpoint((drp) => {
        return drp.tokens.make({
          Name: name,
          Ttl: days * DAY_SECONDS,
          ...(role !== undefined && { Role: role }),
          ...(scope !== undefined && { Scope: scopeArgument(scope) }),
          ...(owner !== undefined && { Owner: owner }),
        })
      })
      if (json) output.json({ token: Token, id: Info.Id, expires: Info.Expires })
      else output.line(Token)
    })
}

/** People name machines; the API takes a UUID, or `Name:NAME`. */
function scopeArgument(scope: string): string {
  const [, name] = /^machines\/(?!Name:|Uuid:)(?![0-9a-f]{8}-[0-9a-f-]{27}$)(.+)$/i.exec(scope) ?? []
  return name === undefined ? scope : `machines/Name:${name}`
}
