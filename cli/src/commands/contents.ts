import { readFile } from 'node:fs/promises'
import { isJsonObject, type JsonObject } from '@powerbus/drp'
import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { listAndShow, removable } from '../objects/object-commands.ts'
import { type ObjectKind, textOf } from '../objects/object-kind.ts'
import type { JsonOption, Output } from '../output.ts'

const contentKind: ObjectKind = {
  prefix: 'contents',
  command: 'contents',
  one: 'bundle',
  listing: {
    columns: {
      NAME: (item) => metaOf(item, 'Name'),
      VERSION: (item) => metaOf(item, 'Version'),
      TYPE: (item) => metaOf(item, 'Type'),
      HOLDS: countsOf,
      DESCRIPTION: (item) => metaOf(item, 'Description'),
    },
    name: (item) => metaOf(item, 'Name'),
    empty: "no such content bundle: 'powerbus contents' lists them",
  },
}

const help = `
A content bundle brings params, profiles, stages, tasks, templates and workflows; plugins bring bundles of their own.
Examples:
  powerbus contents                             all bundles, and what each holds
  powerbus contents upload site.yaml            add a bundle, or replace the one of its name
  powerbus contents remove site`

export function contentsCommand(contents: Command, output: Output): void {
  contents.addHelpText('after', help)
  listAndShow(contents, contentKind, output)
  contents
    .command('upload')
    .description('store a content bundle; one of the same name is replaced')
    .argument('<file>', 'YAML or JSON with meta and sections')
    .option('--json', "print the endpoint's summary as JSON")
    .action((file: string, options: JsonOption) => uploadContent(file, options, output))
  removable(contents, contentKind, 'its params, profiles and others go with it', output)
}

async function uploadContent(file: string, options: JsonOption, output: Output): Promise<void> {
  const content = await readContent(file)
  const name = metaOf(content, 'Name')
  if (name === '') throw new UsageError(`${file} has no meta.Name: it is no content bundle`)
  await withEndpoint(async (drp) => {
    const contents = drp.objects('contents')
    const isThere = (await contents.list()).some((item) => metaOf(item, 'Name') === name)
    const summary = isThere ? await contents.replace(name, content) : await contents.create(content)
    if (options.json) output.json(summary)
    else output.line(`${isThere ? 'replaced' : 'added'} ${name}: ${countsOf(summary)}`)
  })
}

async function readContent(file: string): Promise<JsonObject> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`cannot read ${file}`, { cause })
  })
  const { parse } = await import('yaml')
  let content: unknown
  try {
    content = parse(text)
  } catch (cause) {
    throw new UsageError(`${file} is neither YAML nor JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
  if (!isJsonObject(content)) throw new UsageError(`${file} is no content bundle: it has no meta and sections`)
  return content
}

function metaOf({ meta }: JsonObject, field: string): string {
  return textOf(Object(meta)[field])
}

function countsOf({ Counts }: JsonObject): string {
  return Object.entries(Object(Counts))
    .map(([section, count]) => `${count} ${section}`)
    .join(', ')
}
