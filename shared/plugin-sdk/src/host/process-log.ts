import { type LogLevel, logLevels } from '@powerbus/drp'
import { destination, pino } from 'pino'
import type { Logger } from '../log.ts'
import { LineGatherer } from './line-gatherer.ts'
import { type ForwarderOptions, LogForwarder } from './log-forwarder.ts'

/** The levels that code logs at; the rest of DRP's levels (fatal, panic, audit) are for the endpoint itself. */
const written = ['trace', 'debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]
type Written = (typeof written)[number]

/** Bytes that wait for stderr while nobody reads it; more are dropped. */
const STDERR_BACKLOG = 1024 * 1024

export interface ProcessLogOptions {
  readonly service: string
  readonly level: LogLevel
  readonly deliver: ForwarderOptions['deliver']
  readonly linesMax?: ForwarderOptions['linesMax']
}

export interface RequestLogOptions {
  readonly requestId?: string | undefined
  /** Level of this one request (`X-Log-Request`). */
  readonly level?: LogLevel | undefined
  /** True while an event is handled, or a plugin that gets every event would feed itself for ever. */
  readonly ignorePublish?: boolean
  /** Hides secrets in what foreign code may have put into a message. */
  readonly scrub?: (text: string) => string
}

/** The log of the process: JSON lines on stderr, and the endpoint's own format to the endpoint (plugin contract §4). */
export class ProcessLog {
  readonly #options: ProcessLogOptions
  readonly #stderr = destination({ dest: 2, sync: false, maxLength: STDERR_BACKLOG })
  readonly #lines = new LineGatherer((lines) => this.#stderr.write(lines))
  readonly #local
  readonly #forwarder: LogForwarder
  #group = 0
  #sequence = 0

  constructor(options: ProcessLogOptions) {
    this.#options = options
    // A launcher that dies takes the read end of stderr with it. The plugin then ends by itself; nobody is left to tell.
    this.#stderr.on('error', () => undefined)
    const base = { service: options.service, pid: process.pid }
    this.#local = pino({ level: 'trace', base, timestamp: () => `,"time":"${new Date().toISOString()}"` }, this.#lines)
    this.#forwarder = new LogForwarder({
      deliver: options.deliver,
      ...(options.linesMax && { linesMax: options.linesMax }),
      onLost: (lines) => this.#local.warn({ lines }, 'log lines did not reach the endpoint'),
    })
  }

  /** A log whose lines share a group. */
  request(options: RequestLogOptions = {}): Logger {
    const group = ++this.#group
    const least = logLevels.indexOf(options.level ?? this.#options.level)
    const at = (level: Written) => {
      if (logLevels.indexOf(level) < least) return () => undefined
      return (message: string, data?: Record<string, unknown>) => this.#write(level, group, options, message, data)
    }
    return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  /** Sends what is waiting, at most so long. */
  async flush(limitMs: number): Promise<void> {
    await this.#forwarder.flush(limitMs)
    this.#lines.flush()
    this.#stderr.flushSync()
  }

  #write(
    level: Written,
    group: number,
    options: RequestLogOptions,
    text: string,
    data?: Record<string, unknown>,
  ): void {
    const scrub = options.scrub ?? ((unchanged: string) => unchanged)
    const message = scrub(text)
    const plain = data && plainData(data, scrub)
    this.#local[level]({ group, requestId: options.requestId, data: plain }, message)
    // It may be the last one.
    if (level === 'error') this.#lines.flush()
    this.#forwarder.send({
      Group: group,
      Seq: ++this.#sequence,
      Time: new Date().toISOString(),
      Service: this.#options.service,
      Principal: this.#options.service,
      Level: level,
      File: '',
      Line: 0,
      Message: message,
      Data: plain === undefined ? [] : [plain],
      IgnorePublish: options.ignorePublish ?? false,
    })
  }
}

/** Data as it stands in a line: Secrets hidden, errors in words, and nothing that JSON cannot say. */
function plainData(data: Record<string, unknown>, scrub: (text: string) => string): unknown {
  try {
    return JSON.parse(scrub(JSON.stringify(data, plainMember)))
  } catch {
    return { unprintable: Object.keys(data) }
  }
}

function plainMember(_name: string, value: unknown): unknown {
  if (value instanceof Error)
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
  return typeof value === 'bigint' ? String(value) : value
}
