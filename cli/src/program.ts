import { Command } from 'commander'
import type { Output } from './output.ts'
import { version } from './version.ts'

/** Adds arguments, options and action to a command. */
type Setup = (command: Command, output: Output) => void

interface OwnCommand {
  readonly name: string
  readonly summary: string
  /** Loads the command's module: only when it is called, or all commands are listed. */
  readonly load: () => Promise<Setup>
}

const commands: readonly OwnCommand[] = [
  {
    name: 'up',
    summary: 'run an endpoint with its plugins, and a lab rack of emulated machines',
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    name: 'machines',
    summary: 'list, show, add, change, import and remove machines',
    load: async () => (await import('./commands/machines.ts')).machinesCommand,
  },
  {
    name: 'status',
    summary: 'power states of machines',
    load: async () => (await import('./commands/action.ts')).statusCommand,
  },
  {
    name: 'actions',
    summary: "list the actions of the endpoint's plugins, or those that one machine can do now",
    load: async () => (await import('./commands/actions.ts')).actionsCommand,
  },
  {
    name: 'run',
    summary: 'run an action of a plugin on machines',
    load: async () => (await import('./commands/action.ts')).runActionCommand,
  },
  {
    name: 'plugins',
    summary: 'list, show, upload, add, change and remove plugins',
    load: async () => (await import('./commands/plugins.ts')).pluginsCommand,
  },
  {
    name: 'profiles',
    summary: 'list, show, add, change and remove profiles: params that machines share',
    load: async () => (await import('./commands/profiles.ts')).profilesCommand,
  },
  {
    name: 'params',
    summary: 'list, show, add and remove definitions of params',
    load: async () => (await import('./commands/params.ts')).paramsCommand,
  },
  {
    name: 'users',
    summary: 'list, show, add and remove users, and set their passwords',
    load: async () => (await import('./commands/users.ts')).usersCommand,
  },
  {
    name: 'contents',
    summary: 'list, show, upload and remove content bundles',
    load: async () => (await import('./commands/contents.ts')).contentsCommand,
  },
  {
    name: 'events',
    summary: "follow the endpoint's events until Ctrl-C",
    load: async () => (await import('./commands/events.ts')).eventsCommand,
  },
  {
    name: 'slack',
    summary: 'preview the messages of the plugin slack',
    load: async () => (await import('./commands/slack.ts')).slackCommand,
  },
  {
    name: 'bus',
    summary: 'prepare the event bus for services that may not do it themselves',
    load: async () => (await import('./commands/bus.ts')).busCommand,
  },
  {
    name: 'content',
    summary: 'print the content bundle that a Digital Rebar endpoint needs once for the power plugins',
    load: async () => (await import('./commands/content.ts')).contentCommand,
  },
  {
    name: 'login',
    summary: 'use the endpoint at URL from now on; asks for its one-time code (or reads it from standard input)',
    load: async () => (await import('./commands/login.ts')).loginCommand,
  },
  {
    name: 'logout',
    summary: 'revoke the saved token, and forget it and the endpoint',
    load: async () => (await import('./commands/logout.ts')).logoutCommand,
  },
  {
    name: 'login-code',
    summary: "print a new one-time code for 'powerbus login' from another account or machine",
    load: async () => (await import('./commands/login-code.ts')).loginCodeCommand,
  },
  {
    name: 'token',
    summary: 'make a token for a script, with a role and a life, and print it',
    load: async () => (await import('./commands/token.ts')).tokenCommand,
  },
  {
    name: 'tokens',
    summary: 'list and revoke the tokens of the API',
    load: async () => (await import('./commands/tokens.ts')).tokensCommand,
  },
  {
    name: 'bmc',
    summary: 'speak IPMI, Redfish or racadm to BMCs directly, without an endpoint',
    load: async () => (await import('./commands/bmc.ts')).bmcCommand,
  },
  {
    name: 'redfish',
    summary: "look at the resources of a BMC's Redfish service",
    load: async () => (await import('./commands/redfish.ts')).redfishCommand,
  },
  {
    name: 'lab',
    summary: 'run emulated BMCs for use with any IPMI tool; prints their addresses and login',
    load: async () => (await import('./commands/lab.ts')).labCommand,
  },
  {
    name: 'version',
    summary: 'print the version',
    load: async () => (command, output) => void command.action(() => output.line(`Version: ${version}`)),
  },
]

const examples = `
Examples:
  powerbus up                               an endpoint and a lab rack of 8 emulated machines
  powerbus machines                         all machines
  powerbus status                           power states of all machines
  powerbus powercycle node-03               any action of any plugin by its name
  powerbus nextbootpxe 'node-[01-08]'       targets: names, ranges, or --all
  powerbus events 'machines.*.*'            events of machines, until Ctrl-C
  powerbus slack preview                    Slack messages for the last events
  powerbus bmc status 10.0.0.[1-50] -U admin    directly to BMCs, without an endpoint

Exit codes: 0 success, 1 at least one failure, 2 wrong use.`

/**
 * Builds the command line for these arguments. A first word that is no subcommand becomes one, since only the endpoint
 * knows which actions exist.
 */
export async function buildProgram(args: readonly string[], output: Output): Promise<Command> {
  const program = new Command('powerbus')
    .description('Power and boot control of bare-metal machines.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ writeOut: (text) => output.line(text.trimEnd()) })
    .showHelpAfterError('(powerbus --help shows the commands)')
    .helpCommand('help [command]', 'show help of a command')
  const isHelp = args[0] === 'help'
  const word = (isHelp ? args[1] : args[0]) ?? ''
  const words = commands.map(({ name }) => name)
  const isOwn = words.includes(word)
  const isAction = !isOwn && !isHelp && /^[A-Za-z]/.test(word)
  const isList = !isOwn && !isAction && word !== '-V' && word !== '--version'
  for (const { name, summary, load } of commands) {
    const command = program.command(name).description(summary)
    if (name === word || isList) (await load())(command, output)
  }
  if (isAction) {
    const { namedActionCommand } = await import('./commands/action.ts')
    namedActionCommand(program.command(word).description(`run the action ${word} on machines`), output, words)
  }
  return program
}
