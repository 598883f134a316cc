import type { Command } from 'commander'
import { type ActionCommand, type ActionOptions, runAction } from '../endpoint/run-action.ts'
import { runPluginAction } from '../endpoint/run-plugin-action.ts'
import { collect, seconds, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

const TARGETS = "names or ranges such as 'node-[01-08,12]'"

/** `status` runs the action powerstatus. `run status` runs an action that is named status itself. */
export function statusCommand(command: Command, output: Output): void {
  const status = { action: 'powerstatus', targetsOptional: true, columns: ['Power'], words: [] }
  command.argument('[targets...]', `${TARGETS} (default: all)`)
  addActionOptions(command).action((targets: string[], options: ActionOptions) => run(status, targets, options, output))
}

/** `run` runs any action, even one with the name of a subcommand. */
export function runActionCommand(command: Command, output: Output): void {
  command.argument('<action>', "its name; 'powerbus actions' lists them").argument('[targets...]', TARGETS)
  addActionOptions(command).action((action: string, targets: string[], options: ActionOptions) =>
    run({ action, targetsOptional: false, words: [] }, targets, options, output),
  )
}

/** Runs a word that is no subcommand as an action. `words` are the names of the subcommands. */
export function namedActionCommand(command: Command, output: Output, words: readonly string[]): void {
  command.argument('[targets...]', TARGETS)
  addActionOptions(command).action((targets: string[], options: ActionOptions) =>
    run({ action: command.name(), targetsOptional: false, words }, targets, options, output),
  )
}

function addActionOptions(command: Command): Command {
  return command
    .option('--all', 'all machines')
    .option('--plugin <name>', 'run the action on this plugin instead of machines (createVm, ...)')
    .option('--param <name=value>', 'a param of the action; repeatable', collect, [])
    .option('--timeout <seconds>', 'longest wait for one machine (default: the limit of the action)', seconds(86_400))
    .option('--concurrency <n>', 'machines at once', wholeNumber(1, 4096), 64)
    .option('--dry-run', 'print the commands that would be sent, and send none')
    .option('-y, --yes', 'do not ask before --all machines lose power')
    .option('--json', 'one JSON line per machine as it ends: {machine, ok, result | error, ms}')
}

async function run(command: ActionCommand, targets: string[], options: ActionOptions, output: Output): Promise<void> {
  const { plugin } = options
  if (plugin === undefined) await runAction(command, targets, options, output)
  else await runPluginAction(plugin, command.action, targets, options, output)
}
