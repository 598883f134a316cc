import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { collect } from '../option-values.ts'
import type { JsonOption, Output } from '../output.ts'
import { findObject } from './find-object.ts'
import type { ObjectKind } from './object-kind.ts'
import { isEmpty, type ParamOptions, paramOptions, paramPatch, readParamChanges } from './param-changes.ts'

interface SetOptions extends ParamOptions, JsonOption {
  readonly description?: string
}

/** Adds `set`, which changes params and description of a profile or plugin. */
export function setSubcommand(command: Command, kind: ObjectKind, output: Output): void {
  const set = command.command('set').description(`change params of a ${kind.one}`).argument(`<${kind.one}>`)
  paramOptions(set)
    .option('--unset <name>', 'remove a param; repeatable', collect, [])
    .option('--description <text>', 'free text')
    .option('--json', `print the ${kind.one} as JSON`)
    .action((name: string, options: SetOptions) => setObject(kind, name, options, output))
}

/** Sends all changes in one patch. Throws a UsageError where there are none. */
async function setObject(kind: ObjectKind, name: string, options: SetOptions, output: Output): Promise<void> {
  await withEndpoint(async (drp) => {
    const before = await findObject(drp, kind, name)
    const changes = await readParamChanges(drp, options)
    const { description } = options
    if (isEmpty(changes) && description === undefined) {
      throw new UsageError('nothing to set: give --param, --secret, --unset or --description')
    }
    const patch = paramPatch({ ...Object(before.Params) }, changes)
    if (description !== undefined) patch.push({ op: 'add', path: '/Description', value: description })
    const after = patch.length > 0 ? await drp.objects(kind.prefix).patch(name, patch) : before
    if (options.json) output.json(after)
    else output.line(patch.length > 0 ? `set ${name}` : `${name} is as it was`)
  })
}
