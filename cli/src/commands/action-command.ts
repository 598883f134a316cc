import type { Command } from 'commander'
import { collect, seconds, wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'

export interface ActionOptions {
  readonly all?: true
  readonly param: readonly string[]
  /** Milliseconds for each machine. */
  readonly timeout?: number
  readonly concurrency: number
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
  /** Its name, where the action is for a plugin and not for machines. */
  readonly plugin?: string
}

export interface ActionCommand {
  /** As the endpoint knows it. */
  readonly action: string
  /** Whether no targets mean all machines. */
  readonly targetsOptional: boolean
  /** Fields of the results that people are shown; absent: all. */
  readonly columns?: readonly string[]
  /** Commands of our own, one of which may have been meant. */
  readonly words: readonly string[]
}

/** The power states: the action powerstatus. The plugins' own action of the name status is `run status`. */
export function addStatusCommand(program: Command, output: Output): void {
  const command = program.command('status').description('power states of machines')
  command.argument('[targets...]', "names or ranges such as 'node-[01-08,12]' (default: all)")
  const status = { action: 'powerstatus', targetsOptional: true, columns: ['Power'], words: [] }
  addActionOptions(command).action((targets: string[], options: ActionOptions) => run(status, targets, options, output))
}

/** Any action, also one whose name is that of a command. */
export function addRunCommand(program: Command, output: Output): void {
  const command = program.command('run').description('run an action of a plugin on machines')
  command.argument('<action>', "its name; 'powerbus actions' lists them")
  command.argument('[targets...]', "names or ranges such as 'node-[01-08,12]'")
  addActionOptions(command).action((action: string, targets: string[], options: ActionOptions) =>
    run({ action, targetsOptional: false, words: [] }, targets, options, output),
  )
}

/** A word that is no command of our own is run as an action: only the endpoint knows which there are. */
export function addNamedActionCommand(program: Command, output: Output, action: string): void {
  const words = program.commands.map((command) => command.name())
  const command = program.command(action).description(`run the action ${action} on machines`)
  command.argument('[targets...]', "names or ranges such as 'node-[01-08,12]'")
  addActionOptions(command).action((targets: string[], options: ActionOptions) =>
    run({ action, targetsOptional: false, words }, targets, options, output),
  )
}

export function addActionsCommand(program: Command, output: Output): void {
  program
    .command('actions')
    .description("list the actions of the endpoint's plugins, or those that one machine can do now")
    .argument('[machine]', 'name of a machine')
    .option('--json', 'one JSON array')
    .action(async (machine: string | undefined, options: { json?: true }) => {
      const { listActions } = await import('../endpoint/list-actions.ts')
      await listActions(machine, options, output)
    })
}

function addActionOptions(command: Command): Command {
  return command
    .option('--all', 'all machines')
    .option('--plugin <name>', 'run it on this plugin, and on no machine: createVm and the like')
    .option('--param <name=value>', 'a param of the action; may be given often', collect, [])
    .option('--timeout <seconds>', 'longest wait for one machine (default: the action decides)', seconds(86_400))
    .option('--concurrency <n>', 'machines at once', wholeNumber(1, 4096), 64)
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('-y, --yes', 'do not ask before --all machines lose power')
    .option('--json', 'one JSON object per machine and line, as they come: {machine, ok, result | error, ms}')
}

async function run(command: ActionCommand, targets: string[], options: ActionOptions, output: Output): Promise<void> {
  if (options.plugin !== undefined) {
    const { runPluginAction } = await import('../endpoint/run-plugin-action.ts')
    return await runPluginAction(options.plugin, command.action, targets, options, output)
  }
  const { runAction } = await import('../endpoint/run-action.ts')
  await runAction(command, targets, options, output)
}
