import { type DrpClient, type JsonObject, type Machine, onlyReads } from '@powerbus/drp'
import { CliError } from '../cli-error.ts'
import { confirm } from '../confirm.ts'
import type { Output } from '../output.ts'
import { parseParamArguments } from '../param-arguments.ts'
import { formatResults, type ResultRow } from '../result-table.ts'
import { sweep } from '../sweep.ts'
import { selectTargets } from '../targets.ts'
import { failureOf } from './api-failure.ts'
import { checkedParams, explainMistyped, paramsOfAction } from './known-action.ts'
import { withEndpoint } from './with-endpoint.ts'

/** Ends the wait for an endpoint that does not answer; every action has its own limit there. */
const DEFAULT_TIMEOUT_MS = 15 * 60_000
/** Lets the action's own limit end first, so that its answer arrives. */
const ANSWER_MARGIN_MS = 10_000

/** Actions that take power or data from a machine's users. */
const HARMFUL = /^(?:power(?:off|cycle|shutdown|reset|diag)|(?:stop|destroy|delete|remove)[A-Z].*)$/

export interface ActionOptions {
  readonly all?: true
  readonly param: readonly string[]
  /** Milliseconds for each machine. */
  readonly timeout?: number
  readonly concurrency: number
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
  /** Name of the plugin, for an action on a plugin instead of machines. */
  readonly plugin?: string
}

export interface ActionCommand {
  /** The action's name in the endpoint. */
  readonly action: string
  /** Whether no targets mean all machines. */
  readonly targetsOptional: boolean
  /** Fields of the results that the table shows; all by default. */
  readonly columns?: readonly string[]
  /** Names of the command's own subcommands, for suggestions. */
  readonly words: readonly string[]
}

/** Runs one action on many machines. Checks action, targets and params before it sends anything. */
export async function runAction(
  command: ActionCommand,
  targets: readonly string[],
  options: ActionOptions,
  output: Output,
): Promise<void> {
  const { action, words } = command
  const given = parseParamArguments(options.param)
  await withEndpoint(async (drp) => {
    const [providers, known] = await Promise.all([
      drp.manifests(),
      drp.machines.list({ slim: ['Params', 'Meta'], sort: 'Name' }),
    ])
    const takes = paramsOfAction(action, providers, words)
    const limits = options.timeout !== undefined &&
      takes.has('power/timeout') && { 'power/timeout': Math.ceil(options.timeout / 1000) }
    const params = { ...limits, ...checkedParams(action, given, options.dryRun, takes) }
    const all = options.all === true || (command.targetsOptional && targets.length === 0)
    const machines = selectTargets(targets, all, known)
    if (machines.length === 0)
      throw new CliError(
        "there are no machines yet: add them with 'powerbus machines add' or 'powerbus machines import'",
      )
    if (options.all && !options.dryRun && !options.yes && HARMFUL.test(action)) {
      await confirm(`${action} on all ${machines.length} machines?`)
    }
    await runOnMachines(drp, command, machines, params, options, output)
  }).catch((error: unknown) => {
    throw explainMistyped(error, action, words)
  })
}

async function runOnMachines(
  drp: DrpClient,
  { action, columns }: ActionCommand,
  machines: readonly Machine[],
  params: JsonObject,
  options: ActionOptions,
  output: Output,
): Promise<void> {
  const rows = new Map<string, ResultRow>()
  const reads = onlyReads(action)
  const timeoutMs = options.timeout === undefined ? DEFAULT_TIMEOUT_MS : options.timeout + ANSWER_MARGIN_MS
  try {
    await sweep({
      items: machines,
      concurrency: options.concurrency,
      output,
      key: 'machine',
      json: options.json === true,
      nameOf: ({ Name }) => Name,
      run: ({ Uuid }, signal) => drp.actions.run('machines', Uuid, action, params, { signal, timeoutMs }),
      reads,
      failureOf: (error) => failureOf(error, reads),
      onEnd({ Name }, outcome) {
        rows.set(Name, { name: Name, ...(outcome.ok ? { result: outcome.result } : { error: outcome.error.message }) })
      },
    })
  } finally {
    const ended = machines.flatMap(({ Name }) => rows.get(Name) ?? [])
    if (ended.length > 0) output.lines(formatResults('MACHINE', ended, columns))
  }
}
