import type { Plugin } from './plugin.ts'
import type { ServeFlags } from './serve/serve-flags.ts'

/** A command of a plugin's executable, as its command line says it. */
export interface Invocation {
  readonly plugin: Plugin
  readonly host: NodeJS.Process
  readonly args: readonly string[]
  /** Flags of `serve`. */
  readonly flags: ServeFlags
  readonly debug: boolean
}
