import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { listAndShow, removable } from '../objects/object-commands.ts'
import { type ObjectKind, textOf } from '../objects/object-kind.ts'
import { oneOf } from '../option-values.ts'
import type { JsonOption, Output } from '../output.ts'
import { readSecret } from '../password.ts'

const userKind: ObjectKind = {
  prefix: 'users',
  command: 'users',
  one: 'user',
  listing: {
    columns: {
      NAME: ({ Name }) => textOf(Name),
      ROLES: ({ Roles }) => (Array.isArray(Roles) ? Roles.map(String).join(', ') : ''),
      DESCRIPTION: ({ Description }) => textOf(Description),
    },
    name: ({ Name }) => textOf(Name),
    empty: "no users: add one with 'powerbus users add NAME --role act'",
  },
}

const help = `
A user logs in with a password, in drpcli as RS_KEY=NAME:PASSWORD. Roles: read (look), act (also run actions), admin
(everything). Passwords come from a prompt, --password-file FILE or - (standard input), never from arguments. Examples:
  powerbus users add ada --role act
  powerbus users password ada --password-file - < new-password
  powerbus users remove ada                           tokens from her password end at once`

interface PasswordOptions {
  readonly passwordFile?: string
}

interface AddOptions extends PasswordOptions, JsonOption {
  readonly role: string
  readonly description?: string
}

export function usersCommand(users: Command, output: Output): void {
  users.addHelpText('after', help)
  listAndShow(users, userKind, output)
  const fromFile = [
    '--password-file <file>',
    'file with the password on its first line; - reads standard input',
  ] as const
  users
    .command('add')
    .description('add a user with a password')
    .argument('<user>', 'the name to log in with')
    .option('--role <role>', 'read, act or admin', oneOf('read', 'act', 'admin'), 'read')
    .option('--description <text>', 'free text')
    .option(...fromFile)
    .option('--json', 'print the user as JSON')
    .action((name: string, options: AddOptions) => addUser(name, options, output))
  users
    .command('password')
    .description("set a user's password; tokens from the old one end")
    .argument('<user>')
    .option(...fromFile)
    .action((name: string, options: PasswordOptions) => setPassword(name, options, output))
  removable(users, userKind, 'tokens from its password end', output)
}

/** A user whose password is refused is not left behind, since nobody could log in. */
async function addUser(name: string, options: AddOptions, output: Output): Promise<void> {
  const { role, description = '' } = options
  const password = await passwordOf(name, options)
  await withEndpoint(async (drp) => {
    const users = drp.objects('users')
    const user = await users.create({ Name: name, Description: description, Roles: [role] })
    try {
      await drp.setPassword(name, password)
    } catch (error) {
      await users.delete(name)
      throw error
    }
    if (options.json) output.json(user)
    else output.line(`added ${name}`)
  })
}

async function setPassword(name: string, options: PasswordOptions, output: Output): Promise<void> {
  const password = await passwordOf(name, options)
  await withEndpoint((drp) => drp.setPassword(name, password))
  output.line(`set the password of ${name}`)
}

function passwordOf(name: string, { passwordFile: file }: PasswordOptions): Promise<string> {
  return readSecret({
    file,
    prompt: `new password of ${name}`,
    ways: 'give it with --password-file FILE, or - for stdin',
  })
}
