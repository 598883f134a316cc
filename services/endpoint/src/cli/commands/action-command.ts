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
}

export interface ActionCommand {
  /** As it is typed. */
  readonly name: string
  /** As the endpoint knows it. */
  readonly action: string
  /** Whether no targets mean all machines. */
  readonly targetsOptional: boolean
}

export function addActionCommand(program: Command, output: Output, command: ActionCommand): void {
  program
    .command(command.name)
    .description(command.targetsOptional ? 'power states of machines' : `run the action ${command.name} on machines`)
    .argument(
      '[targets...]',
      `names or ranges such as 'node-[01-08,12]'${command.targetsOptional ? ' (default: all)' : ''}`,
    )
    .option('--all', 'all machines')
    .option('--param <name=value>', 'a param of the action; may be given often', collect, [])
    .option('--timeout <seconds>', 'longest wait for one machine (default: the action decides)', seconds(86_400))
    .option('--concurrency <n>', 'machines at once', wholeNumber(1, 4096), 64)
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('-y, --yes', 'do not ask before power is cut on --all')
    .option('--json', 'one JSON object per machine and line, as they come: {machine, ok, result | error, ms}')
    .action(async (targets: string[], options: ActionOptions) => {
      const { runAction } = await import('../endpoint/run-action.ts')
      await runAction(command, targets, options, output, knownWords(program))
    })
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

function knownWords(program: Command): string[] {
  return program.commands.map((command) => command.name())
}
