import type { JsonObject, PluginManifest } from '@powerbus/drp'
import { NoEndpointError, UsageError } from '../cli-error.ts'
import { closest } from '../edit-distance.ts'

/**
 * Names of the params that an action of machines takes. Throws a UsageError with a suggestion where no plugin has the
 * action. `words` are the names of the subcommands.
 */
export function paramsOfAction(
  action: string,
  providers: readonly PluginManifest[],
  words: readonly string[],
): ReadonlySet<string> {
  const actions = providers
    .flatMap(({ AvailableActions }) => AvailableActions)
    .filter(({ Model }) => Model === 'machines')
  const found = actions.filter(({ Command }) => Command === action)
  if (found.length === 0) {
    const likely = closest(action, [...words, ...actions.map(({ Command }) => Command)])
    const hint = likely === undefined ? '' : `: did you mean ${likely}?`
    throw new UsageError(`there is no command or action '${action}'${hint}. 'powerbus actions' lists the actions`)
  }
  return new Set(found.flatMap(({ RequiredParams, OptionalParams }) => [...RequiredParams, ...OptionalParams]))
}

/**
 * The given params, with that of --dry-run, and with power/answer where the action takes it: the tables show the fields
 * of an object, whatever a machine's own param says. Throws a UsageError for a param that the action would ignore, such as a
 * misspelt dry run, and where the action has no dry run.
 */
export function checkedParams(
  action: string,
  given: JsonObject,
  dryRun: true | undefined,
  takes: ReadonlySet<string>,
): JsonObject {
  const wrong = Object.keys(given).find((name) => !takes.has(name))
  if (wrong === undefined) {
    if (dryRun && !takes.has('power/dry-run')) throw new UsageError(`${action} has no dry run`)
    const answer = takes.has('power/answer') && { 'power/answer': 'object' }
    return { ...answer, ...given, ...(dryRun && { 'power/dry-run': true }) }
  }
  const likely = closest(wrong, takes)
  const hint = likely === undefined ? `it takes ${[...takes].sort().join(' ')}` : `did you mean ${likely}?`
  throw new UsageError(`${action} takes no param ${wrong}: ${hint}`)
}

/** Where no endpoint answers, a word close to a subcommand's name is reported as mistyped. */
export function explainMistyped(error: unknown, word: string, words: readonly string[]): unknown {
  const likely = words.includes(word) ? undefined : closest(word, words)
  if (likely === undefined || !(error instanceof NoEndpointError)) return error
  return new UsageError(`unknown command '${word}': did you mean ${likely}?`, { cause: error })
}
