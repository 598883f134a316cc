import type { LogLevel, LogLine } from '@powerbus/drp'
import type { Logger } from 'pino'
import { FORWARDED } from '../log/log-tap.ts'

const LINES_PER_S = 200
const LINES_AT_ONCE = 1000
const LINE_CHARACTERS_MAX = 4096

type PinoLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** pino lacks DRP's levels panic and audit. */
const pinoLevels: Readonly<Record<LogLevel, PinoLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
  panic: 'fatal',
  audit: 'info',
}

/** Writes a plugin's lines to the endpoint's log: at most 4096 characters each, 200 a second, and bursts of 1000. */
export class PluginLog {
  readonly #log: Logger
  readonly #onLine: (line: LogLine) => void
  #allowance = LINES_AT_ONCE
  #filledAtMs = performance.now()
  #suppressed = 0

  /** `onLine` is called with each of the plugin's lines that is written. */
  constructor(log: Logger, plugin: string, onLine: (line: LogLine) => void = () => undefined) {
    this.#log = log.child({ plugin })
    this.#onLine = onLine
  }

  forward(line: LogLine): void {
    const data = line.Data.length === 0 ? undefined : JSON.stringify(line.Data).slice(0, LINE_CHARACTERS_MAX)
    const isWritten = this.write(pinoLevels[line.Level], line.Message, {
      service: line.Service,
      group: line.Group,
      [FORWARDED]: line.Seq,
      ...(data === undefined ? {} : { data }),
    })
    if (!isWritten) return
    const Message = line.Message.slice(0, LINE_CHARACTERS_MAX)
    this.#onLine({ ...line, Message, Data: data?.length === LINE_CHARACTERS_MAX ? [data] : line.Data })
  }

  /** Whether the line was written, and not left out. */
  write(level: PinoLevel, message: string, data: Record<string, unknown> = {}): boolean {
    if (!this.#log.isLevelEnabled(level)) return false
    const nowMs = performance.now()
    this.#allowance = Math.min(LINES_AT_ONCE, this.#allowance + ((nowMs - this.#filledAtMs) / 1000) * LINES_PER_S)
    this.#filledAtMs = nowMs
    // The line that counts suppressed lines costs one too.
    const cost = this.#suppressed > 0 ? 2 : 1
    if (this.#allowance < cost) {
      this.#suppressed += 1
      return false
    }
    this.#allowance -= cost
    if (this.#suppressed > 0)
      this.#log.warn(
        { suppressed: this.#suppressed },
        'lines of the plugin were left out: it logs more than 200 a second',
      )
    this.#suppressed = 0
    this.#log[level](data, message.slice(0, LINE_CHARACTERS_MAX))
    return true
  }
}
