import { manifestOf } from '../manifest.ts'
import type { Plugin } from '../plugin.ts'

/** Prints the manifest. Endpoints read the whole of stdout as one JSON document, so nothing else may be written to it. */
export function define(plugin: Plugin, host: NodeJS.Process): void {
  host.stdout.write(`${JSON.stringify(manifestOf(plugin))}\n`)
}
