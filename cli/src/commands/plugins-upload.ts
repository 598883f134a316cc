import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { providerNamePattern } from '@powerbus/drp'
import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import type { JsonOption, Output } from '../output.ts'

/** Sending the file, its define and its start. */
const TIMEOUT_MS = 5 * 60_000

interface UploadOptions extends JsonOption {
  readonly name?: string
}

export function pluginsUploadCommand(plugins: Command, output: Output): void {
  plugins
    .command('upload')
    .description("store a provider's executable at the endpoint; one of the same name is replaced if the new one works")
    .argument('<file>', 'the executable')
    .option('--name <name>', "name of the provider (default: the file's)")
    .option('--json', 'print {path, size} as JSON')
    .action((file: string, options: UploadOptions) => uploadProvider(file, options, output))
}

async function uploadProvider(file: string, options: UploadOptions, output: Output): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new UsageError(`cannot read ${file}`, { cause })
  })
  if (!found.isFile()) throw new UsageError(`${file} is no file: give the executable of a provider`)
  const name = options.name ?? basename(file)
  if (!providerNamePattern.test(name))
    throw new UsageError(`'${name}' cannot be a provider's name: give one with --name`)
  const content = { stream: () => createReadStream(file), bytes: found.size }
  const stored = await withEndpoint((drp) => drp.uploadProvider(name, content, { timeoutMs: TIMEOUT_MS }))
  if (options.json) output.json(stored)
  else output.line(`uploaded ${name}: ${found.size} bytes`)
}
