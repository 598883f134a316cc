import { manifestOf } from '../manifest.ts'
import type { Plugin } from '../plugin.ts'

/** Prints the manifest. An endpoint reads all of stdout as one JSON document, so nothing else may be printed there. */
export function define(plugin: Plugin, host: NodeJS.Process): void {
  host.stdout.write(`${JSON.stringify(manifestOf(plugin))}\n`)
}
