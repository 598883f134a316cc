import type { DrpClient, JsonObject, Machine, PluginManifest } from '@powerbus/drp'
import { CliError, UsageError } from '../cli-error.ts'
import type { ActionCommand, ActionOptions } from '../commands/action-command.ts'
import { confirm } from '../confirm.ts'
import { closest } from '../edit-distance.ts'
import { catchInterruption } from '../interruption.ts'
import type { Output } from '../output.ts'
import { parseParamArguments } from '../param-arguments.ts'
import { formatResults, type ResultRow } from '../result-table.ts'
import { sweep } from '../sweep.ts'
import { selectTargets } from '../targets.ts'
import { type Connection, findConnection } from './connection.ts'
import { failureOf } from './endpoint-failure.ts'
import { withEndpoint } from './with-endpoint.ts'

/** The endpoint keeps a time limit for every action; this one is for an endpoint that does not answer at all. */
const DEFAULT_TIMEOUT_MS = 15 * 60_000
/** The action's own limit ends first, so that what it found out still arrives. */
const ANSWER_MARGIN_MS = 10_000

/** Actions that take power or data from whoever uses the machine. */
const HARMFUL = /^(?:power(?:off|cycle|shutdown|reset|diag)|(?:stop|destroy|delete|remove)[A-Z].*)$/

/** Runs one action on many machines. Nothing is sent before action, targets and params are known to be right. */
export async function runAction(
  command: ActionCommand,
  targets: readonly string[],
  options: ActionOptions,
  output: Output,
  words: readonly string[],
): Promise<void> {
  const params = parseParamArguments(options.param)
  await withEndpoint(
    async (drp) => {
      const [providers, known] = await Promise.all([
        drp.pluginProviders.list(),
        drp.machines.list({ slim: ['Params', 'Meta'], sort: 'Name' }),
      ])
      const optional = paramsOfAction(command.action, providers, words)
      const all = options.all === true || (command.targetsOptional && targets.length === 0)
      const machines = selectTargets(targets, all, known)
      if (machines.length === 0)
        throw new CliError("there are no machines yet: 'powerbus machines add' or 'import' them")
      if (options.dryRun) {
        if (!optional.has('power/dry-run')) throw new UsageError(`${command.action} has no dry run`)
        params['power/dry-run'] = true
      }
      if (options.timeout !== undefined && optional.has('power/timeout')) {
        params['power/timeout'] ??= Math.ceil(options.timeout / 1000)
      }
      if (options.all && !options.dryRun && !options.yes && HARMFUL.test(command.action)) {
        await confirm(`${command.action} on all ${machines.length} machines?`)
      }
      await runOnMachines(drp, command.action, machines, params, options, output)
    },
    await findConnectionFor(command.name, words),
  )
}

async function runOnMachines(
  drp: DrpClient,
  action: string,
  machines: readonly Machine[],
  params: JsonObject,
  options: ActionOptions,
  output: Output,
): Promise<void> {
  const rows = new Map<string, ResultRow>()
  const timeoutMs = options.timeout === undefined ? DEFAULT_TIMEOUT_MS : options.timeout + ANSWER_MARGIN_MS
  const interruption = catchInterruption()
  try {
    await sweep({
      items: machines,
      concurrency: options.concurrency,
      interruption,
      output,
      key: 'machine',
      json: options.json === true,
      nameOf: ({ Name }) => Name,
      run: ({ Uuid }, signal) => drp.actions.run('machines', Uuid, action, params, { signal, timeoutMs }),
      failureOf,
      onEnd({ Name }, outcome) {
        const failed = 'failure' in outcome
        rows.set(Name, { name: Name, ...(failed ? { error: outcome.failure.message } : { result: outcome.result }) })
      },
    })
  } finally {
    interruption.release()
    const ended = machines.flatMap(({ Name }) => rows.get(Name) ?? [])
    if (ended.length > 0) output.lines(formatResults('MACHINE', ended))
  }
}

/** The params that the action takes. Throws a UsageError, with what was likely meant, where no plugin has such an action. */
function paramsOfAction(
  action: string,
  providers: readonly PluginManifest[],
  words: readonly string[],
): ReadonlySet<string> {
  const actions = providers
    .flatMap(({ AvailableActions }) => AvailableActions)
    .filter(({ Model }) => Model === 'machines')
  const found = actions.filter(({ Command }) => Command === action)
  if (found.length === 0) {
    const likely = closest(action, [
      ...words.filter((word) => word !== action),
      ...actions.map(({ Command }) => Command),
    ])
    throw new UsageError(
      `no command and no plugin's action is called '${action}'${likely ? `: did you mean ${likely}?` : ''}. 'powerbus actions' lists them`,
    )
  }
  return new Set(found.flatMap(({ RequiredParams, OptionalParams }) => [...RequiredParams, ...OptionalParams]))
}

/** A mistyped command of our own is told as such, even where no endpoint runs that could know it as an action. */
async function findConnectionFor(word: string, words: readonly string[]): Promise<Connection> {
  try {
    return await findConnection()
  } catch (error) {
    const likely = closest(
      word,
      words.filter((known) => known !== word),
    )
    if (likely === undefined || words.filter((known) => known === word).length > 1) throw error
    throw new UsageError(`unknown command '${word}': did you mean ${likely}?`, { cause: error })
  }
}
