import { type DrpClient, type JsonObject, type Operation, paramNamePattern } from '@powerbus/drp'
import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { collect } from '../option-values.ts'
import { parseParamArguments } from '../param-arguments.ts'
import { readSecret } from '../password.ts'
import { checkParamUse, type StrictOption } from './param-names.ts'

/** The options that change params of an object. */
export interface ParamOptions extends StrictOption {
  readonly param: readonly string[]
  readonly secret: readonly string[]
  readonly unset?: readonly string[]
}

/** Values to set and names to remove. */
export interface ParamChanges {
  readonly values: JsonObject
  readonly removed: readonly string[]
}

export function isEmpty({ values, removed }: ParamChanges): boolean {
  return Object.keys(values).length + removed.length === 0
}

/** Adds --param, --secret and --strict. */
export function paramOptions(command: Command): Command {
  return command
    .option('--param <name=value>', 'set a param; repeatable', collect, [])
    .option('--secret <name[=file]>', 'set a secret param from the first line of FILE, - or a prompt', collect, [])
    .option('--strict', 'refuse params that nothing defines, instead of warning')
}

/**
 * Reads the values that the options give: secrets from files, standard input or a prompt, never from arguments. Checks
 * the names against the endpoint's definitions. Throws a UsageError.
 */
export async function readParamChanges(drp: DrpClient, options: ParamOptions): Promise<ParamChanges> {
  const plain = parseParamArguments(options.param)
  const secrets = options.secret.map(splitSecret)
  const removed = options.unset ?? []
  const secretNames = secrets.map(({ name }) => name)
  const names = [...Object.keys(plain), ...secretNames, ...removed]
  for (const name of names) {
    if (!paramNamePattern.test(name)) throw new UsageError(`'${name}' cannot be a param's name`)
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw new UsageError(`the param ${name} is given twice`)
  }
  await checkParamUse(drp, Object.keys(plain), secretNames, options)
  const values: Record<string, unknown> = { ...plain }
  for (const { name, file } of secrets) {
    values[name] = await readSecret({ file, prompt: name, ways: `give it as --secret ${name}=FILE, or =- for stdin` })
  }
  return { values, removed }
}

/** The patch that makes these changes to an object with these params. */
export function paramPatch(before: JsonObject, { values, removed }: ParamChanges): Operation[] {
  const path = (name: string) => `/Params/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const sets = Object.entries(values).map(([name, value]): Operation => ({ op: 'add', path: path(name), value }))
  const removes = removed.filter((name) => Object.hasOwn(before, name))
  return [...sets, ...removes.map((name): Operation => ({ op: 'remove', path: path(name) }))]
}

function splitSecret(text: string): { readonly name: string; readonly file: string | undefined } {
  const equals = text.indexOf('=')
  return equals < 0 ? { name: text, file: undefined } : { name: text.slice(0, equals), file: text.slice(equals + 1) }
}
