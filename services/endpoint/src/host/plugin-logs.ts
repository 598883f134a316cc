import type { Logger } from 'pino'
import { PluginLog } from './plugin-log.ts'

/** Anybody who may log over the bus may do so under any name. */
const NAMES_MAX = 256
/** Under which lines of further names stand, within one limit for all of them. */
const OTHERS = 'others'

/** One log for each plugin's name, so that the limit of its lines holds however they come. */
export class PluginLogs {
  readonly #log: Logger
  readonly #logs = new Map<string, PluginLog>()

  constructor(log: Logger) {
    this.#log = log
  }

  of(plugin: string): PluginLog {
    const found = this.#logs.get(plugin)
    if (found !== undefined) return found
    if (this.#logs.size >= NAMES_MAX && plugin !== OTHERS) return this.of(OTHERS)
    const made = new PluginLog(this.#log, plugin)
    this.#logs.set(plugin, made)
    return made
  }
}
