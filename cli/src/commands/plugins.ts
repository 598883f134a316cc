import type { JsonObject } from '@powerbus/drp'
import type { Command } from 'commander'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { listAndShow, removable } from '../objects/object-commands.ts'
import { type ObjectKind, textOf } from '../objects/object-kind.ts'
import { type ParamOptions, paramOptions, readParamChanges } from '../objects/param-changes.ts'
import { setSubcommand } from '../objects/set-object.ts'
import type { JsonOption, Output } from '../output.ts'
import { pluginsUploadCommand } from './plugins-upload.ts'

const pluginKind: ObjectKind = {
  prefix: 'plugins',
  command: 'plugins',
  one: 'plugin',
  listing: {
    columns: {
      NAME: ({ Name }) => textOf(Name),
      PROVIDER: ({ Provider }) => textOf(Provider),
      AVAILABLE: ({ Available }) => (Available === true ? 'yes' : 'no'),
      ERRORS: errorsOf,
    },
    name: ({ Name }) => textOf(Name),
    empty: "no plugins: put executables into the plugin folder, or 'powerbus plugins upload FILE'",
  },
}

const help = `
A plugin is a provider's executable with params of its own. Examples:
  powerbus plugins                                  which run, and what is wrong with the others
  powerbus plugins upload dist/plugins/slack        store a provider; those that start by themselves run at once
  powerbus plugins add slack --secret slack/bot-key=./key
  powerbus plugins set slack --param slack/thread-by=none`

export function pluginsCommand(plugins: Command, output: Output): void {
  plugins.addHelpText('after', help)
  listAndShow(plugins, pluginKind, output)
  const add = plugins
    .command('add')
    .description('make a plugin of a provider, which then runs with these params')
    .argument('<plugin>', 'its name')
    .option('--provider <name>', "name of the provider (default: the plugin's name)")
  paramOptions(add)
    .option('--description <text>', 'free text')
    .option('--json', 'print the plugin as JSON')
    .action((name: string, options: AddOptions) => addPlugin(name, options, output))
  setSubcommand(plugins, pluginKind, output)
  removable(plugins, pluginKind, 'its process ends, and its provider stays', output)
  pluginsUploadCommand(plugins, output)
}

interface AddOptions extends ParamOptions, JsonOption {
  readonly provider?: string
  readonly description?: string
}

async function addPlugin(name: string, options: AddOptions, output: Output): Promise<void> {
  const { provider = name, description = '' } = options
  await withEndpoint(async (drp) => {
    const { values } = await readParamChanges(drp, options)
    const made = { Name: name, Provider: provider, Description: description, Params: values }
    const plugin = await drp.objects('plugins').create(made)
    if (options.json) output.json(plugin)
    else output.line(`added ${name}`)
  })
}

function errorsOf({ Errors, PluginErrors }: JsonObject): string {
  return [Errors, PluginErrors].flatMap((errors) => (Array.isArray(errors) ? errors.map(String) : [])).join('; ')
}
