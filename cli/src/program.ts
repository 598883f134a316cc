import { Command } from 'commander'
import { addActionsCommand, addNamedActionCommand, addRunCommand, addStatusCommand } from './commands/action-command.ts'
import { addBmcCommand } from './commands/bmc-command.ts'
import { addEventsCommand } from './commands/events-command.ts'
import { addLabCommand } from './commands/lab-command.ts'
import { addLoginCommand, addLogoutCommand } from './commands/login-command.ts'
import { addMachinesCommand } from './commands/machines-command.ts'
import { addSlackCommand } from './commands/slack-command.ts'
import { addLoginCodeCommand, addTokenCommand } from './commands/token-command.ts'
import { addUpCommand } from './commands/up-command.ts'
import type { Output } from './output.ts'

declare const POWERBUS_VERSION: string

/** The version that the bundler put in; run from source there is none. */
export const version = typeof POWERBUS_VERSION === 'string' ? POWERBUS_VERSION : 'v0.0.0'

const examples = `
Examples:
  powerbus up                               an endpoint and a lab rack of 8 emulated machines
  powerbus machines                         what there is
  powerbus status                           power states of all machines
  powerbus powercycle node-03               any action of any plugin by its name
  powerbus nextbootpxe 'node-[01-08]'       targets: names, ranges, or --all
  powerbus events 'machines.*.*'            what happens, until Ctrl-C
  powerbus slack preview                    what would be told in Slack
  powerbus bmc status 10.0.0.[1-50] -U admin    straight to BMCs, without an endpoint

Exit codes: 0 all went well, 1 some failed, 2 wrong use.`

/**
 * The command line. A first word that is no command of our own becomes one: which actions there are is known only by
 * the endpoint, when it is asked.
 */
export function buildProgram(args: readonly string[], output: Output): Command {
  const program = new Command('powerbus')
    .description('Power and boot control of bare-metal machines.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ writeOut: (text) => output.line(text.trimEnd()) })
    .showHelpAfterError('(powerbus --help shows the commands)')
    .helpCommand('help [command]', 'show help of a command')
  addUpCommand(program, output, version)
  addMachinesCommand(program, output)
  addStatusCommand(program, output)
  addActionsCommand(program, output)
  addRunCommand(program, output)
  addEventsCommand(program, output)
  addSlackCommand(program, output)
  addLoginCommand(program, output)
  addLogoutCommand(program, output)
  addLoginCodeCommand(program, output)
  addTokenCommand(program, output)
  addBmcCommand(program, output)
  addLabCommand(program, output)
  program
    .command('version')
    .description('print the version')
    .action(() => output.line(`Version: ${version}`))
  const word = args[0]
  if (word !== undefined && /^[A-Za-z]/.test(word) && word !== 'help' && !isKnown(program, word)) {
    addNamedActionCommand(program, output, word)
  }
  return program
}

function isKnown(program: Command, word: string): boolean {
  return program.commands.some((command) => command.name() === word || command.aliases().includes(word))
}
