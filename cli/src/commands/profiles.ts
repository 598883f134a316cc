import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { listAndShow, removable } from '../objects/object-commands.ts'
import { type ObjectKind, textOf } from '../objects/object-kind.ts'
import { type ParamOptions, paramOptions, readParamChanges } from '../objects/param-changes.ts'
import { setSubcommand } from '../objects/set-object.ts'
import type { JsonOption, Output } from '../output.ts'

export const profileKind: ObjectKind = {
  prefix: 'profiles',
  command: 'profiles',
  one: 'profile',
  listing: {
    columns: {
      NAME: ({ Name }) => textOf(Name),
      PARAMS: ({ Params }) => Object.keys(Object(Params)).sort().join(', '),
      'PART OF': ({ Bundle }) => textOf(Bundle),
      DESCRIPTION: ({ Description }) => textOf(Description),
    },
    name: ({ Name }) => textOf(Name),
    empty: "no profiles: add one with 'powerbus profiles add NAME --param NAME=VALUE'",
  },
}

const help = `
A machine gets the params of its profiles; its own win. The params of the profile 'global' hold for all machines.
Examples:
  powerbus profiles add rack-7 --param ipmi/username=admin --secret ipmi/password=./password
  powerbus machines set 'node-[01-08]' --add-profile rack-7
  powerbus profiles set rack-7 --param power/timeout=90`

export function profilesCommand(profiles: Command, output: Output): void {
  profiles.addHelpText('after', help)
  listAndShow(profiles, profileKind, output)
  const add = profiles.command('add').description('add a profile').argument('<profile>', 'its name')
  paramOptions(add)
    .option('--description <text>', 'free text')
    .option('--json', 'print the profile as JSON')
    .action((name: string, options: AddOptions) => addProfile(name, options, output))
  setSubcommand(profiles, profileKind, output)
  removable(profiles, profileKind, 'machines that have it lose its params', output)
}

interface AddOptions extends ParamOptions, JsonOption {
  readonly description?: string
}

async function addProfile(name: string, options: AddOptions, output: Output): Promise<void> {
  await withEndpoint(async (drp) => {
    const { values } = await readParamChanges(drp, options)
    const made = { Name: name, Description: options.description ?? '', Params: values }
    const profile = await drp.objects('profiles').create(made)
    if (options.json) output.json(profile)
    else output.line(`added ${name}`)
  })
}
