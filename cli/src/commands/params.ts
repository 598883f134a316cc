import type { JsonObject } from '@powerbus/drp'
import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { listAndShow, removable } from '../objects/object-commands.ts'
import { type ObjectKind, textOf } from '../objects/object-kind.ts'
import type { JsonOption, Output } from '../output.ts'

const paramKind: ObjectKind = {
  prefix: 'params',
  command: 'params',
  one: 'param',
  listing: {
    columns: {
      NAME: ({ Name }) => textOf(Name),
      TYPE: typeOf,
      DEFAULT: ({ Schema }) => textOf(Object(Schema).default),
      DESCRIPTION: ({ Description }) => textOf(Description),
    },
    name: ({ Name }) => textOf(Name),
    empty: "no such param is defined: 'powerbus params' lists those that are",
  },
}

const help = `
These are the definitions of params: their names, types and defaults. Their values are on machines, profiles and
plugins: 'powerbus machines set', 'powerbus profiles set', 'powerbus plugins set'. Examples:
  powerbus params                        all that plugins, content bundles and you have defined
  powerbus params list power/            those whose name contains power/
  powerbus params show power/timeout
  powerbus params add site/rack --schema '{"type":"integer","minimum":1}' --description 'Number of the rack'`

export function paramsCommand(params: Command, output: Output): void {
  params.addHelpText('after', help)
  listAndShow(params, paramKind, output)
  params
    .command('add')
    .description('define a param, so that its values are checked and its name is not taken for a mistake')
    .argument('<param>', 'its name')
    .option('--schema <json>', 'JSON schema of its values, with a default where you want one')
    .option('--secure', 'its values are secrets, and kept sealed')
    .option('--description <text>', 'what it is for')
    .option('--json', 'print the definition as JSON')
    .action((name: string, options: AddOptions) => addParam(name, options, output))
  removable(params, paramKind, 'its values on machines and profiles stay', output)
}

interface AddOptions extends JsonOption {
  readonly schema?: string
  readonly secure?: true
  readonly description?: string
}

async function addParam(name: string, options: AddOptions, output: Output): Promise<void> {
  const { description = '', secure = false } = options
  const made = { Name: name, Description: description, Secure: secure, Schema: schemaOf(options.schema) }
  const param = await withEndpoint((drp) => drp.objects('params').create(made))
  if (options.json) output.json(param)
  else output.line(`added ${name}`)
}

function schemaOf(text: string | undefined): unknown {
  if (text === undefined) return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`--schema is not JSON: give for instance --schema '{"type":"string"}'`, { cause })
  }
}

function typeOf({ Schema, Secure }: JsonObject): string {
  const { type, enum: values } = Object(Schema)
  const kind = Array.isArray(values) ? values.map(String).join(' | ') : textOf(type)
  return Secure === true ? `secret ${kind}`.trim() : kind
}
