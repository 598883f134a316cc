import type { LogLine } from '@powerbus/drp'
import { endsWithin } from '@powerbus/turns'

/** Characters of a message with several lines. Escaped in JSON each may take six bytes. */
const CHARACTERS_MAX = 256 * 1024
/** Between two messages, where the endpoint takes several lines in one. */
const GATHER_MS = 100

export interface ForwarderOptions {
  /** Delivers some lines, in one message. */
  readonly deliver: (lines: readonly LogLine[]) => Promise<void>
  /** The most lines of the next message; default 1. */
  readonly linesMax?: () => number
  /** Told how many lines were lost since it was last told. Must not log to the endpoint. */
  readonly onLost: (lines: number) => void
  /** Most lines that wait. */
  readonly capacity?: number
  /** Milliseconds between two reports of lost lines. */
  readonly reportMs?: number
}

/**
 * Sends log lines to the endpoint in their order, one message at a time: a line after a pause at once, those that follow it within
 * 100 ms together where the endpoint takes several in a message. A line that cannot be delivered, or that finds the queue
 * full, is dropped and counted: logging never fails the work, never holds it up, and never logs about itself to the endpoint.
 */
export class LogForwarder {
  readonly #options: Required<ForwarderOptions>
  readonly #queue: LogLine[] = []
  #sending: Promise<void> | undefined
  /** Ends the time in which lines gather. */
  #sendNow: () => void = () => undefined
  #isFlushing = false
  #lost = 0
  #lostTold = Number.NEGATIVE_INFINITY

  constructor(options: ForwarderOptions) {
    this.#options = { capacity: 2_000, reportMs: 10_000, linesMax: () => 1, ...options }
  }

  send(line: LogLine): void {
    if (this.#queue.length >= this.#options.capacity) this.#lose()
    else this.#queue.push(line)
    if (this.#queue.length >= this.#options.linesMax()) this.#sendNow()
    this.#sending ??= this.#drain()
  }

  /** Waits until everything has been sent or lost, at most so long. */
  async flush(limitMs: number): Promise<void> {
    this.#isFlushing = true
    this.#sendNow()
    await endsWithin(this.#sending ?? Promise.resolve(), limitMs)
    this.#isFlushing = false
    this.#lost += this.#queue.splice(0).length
    this.#report(true)
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const lines = this.#queue.splice(0, this.#linesThatFit())
      await this.#options.deliver(lines).catch(() => this.#lose(lines.length))
      await this.#gather()
    }
    this.#sending = undefined
  }

  /** Waits until the next message may go: it is full, somebody flushes, or its time has come. */
  async #gather(): Promise<void> {
    if (this.#isFlushing || this.#queue.length >= this.#options.linesMax()) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS)
      this.#sendNow = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** At least one. */
  #linesThatFit(): number {
    const most = Math.min(this.#options.linesMax(), this.#queue.length)
    if (most <= 1) return 1
    let left = CHARACTERS_MAX
    const tooMuch = this.#queue.slice(0, most).findIndex((line) => {
      left -= charactersOf(line)
      return left < 0
    })
    return tooMuch < 0 ? most : Math.max(tooMuch, 1)
  }

  #lose(lines = 1): void {
    this.#lost += lines
    this.#report(false)
  }

  #report(now: boolean): void {
    if (this.#lost === 0 || (!now && performance.now() - this.#lostTold < this.#options.reportMs)) return
    this.#options.onLost(this.#lost)
    this.#lost = 0
    this.#lostTold = performance.now()
  }
}

function charactersOf({ Message, Data }: LogLine): number {
  return Message.length + (Data.length === 0 ? 0 : JSON.stringify(Data).length)
}
