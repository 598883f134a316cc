import type { LogLine } from '@powerbus/drp'
import type { Logger } from 'pino'
import { PluginLog } from './plugin-log.ts'

/** Bounds the memory, since clients of the bus can log under any name. */
const NAMES_MAX = 256
/** Further names share this log and its limit. */
const OTHERS = 'others'

/** One log for each plugin name, so that all lines of a plugin share one limit. */
export class PluginLogs {
  readonly #log: Logger
  readonly #onLine: (line: LogLine) => void
  readonly #logs = new Map<string, PluginLog>()

  /** `onLine` is called with each of the plugins' lines that is written. */
  constructor(log: Logger, onLine: (line: LogLine) => void) {
    this.#log = log
    this.#onLine = onLine
  }

  of(plugin: string): PluginLog {
    const found = this.#logs.get(plugin)
    if (found !== undefined) return found
    if (this.#logs.size >= NAMES_MAX && plugin !== OTHERS) return this.of(OTHERS)
    const made = new PluginLog(this.#log, plugin, this.#onLine)
    this.#logs.set(plugin, made)
    return made
  }
}
