import type { LogLine } from '@powerbus/drp'
import { endsWithin } from '@powerbus/turns'

export interface ForwarderOptions {
  /** Delivers one line. */
  readonly deliver: (line: LogLine) => Promise<void>
  /** Told how many lines were lost since it was last told. Must not log to the endpoint. */
  readonly onLost: (lines: number) => void
  /** Most lines that wait. */
  readonly capacity?: number
  /** Milliseconds between two reports of lost lines. */
  readonly reportMs?: number
}

/**
 * Sends log lines to the endpoint in their order, one at a time. A line that cannot be delivered, or that finds the queue
 * full, is dropped and counted: logging never fails the work, never holds it up, and never logs about itself to the endpoint.
 */
export class LogForwarder {
  readonly #options: Required<ForwarderOptions>
  readonly #queue: LogLine[] = []
  #sending: Promise<void> | undefined
  #lost = 0
  #lostTold = Number.NEGATIVE_INFINITY

  constructor(options: ForwarderOptions) {
    this.#options = { capacity: 2_000, reportMs: 10_000, ...options }
  }

  send(line: LogLine): void {
    if (this.#queue.length >= this.#options.capacity) this.#lose()
    else this.#queue.push(line)
    this.#sending ??= this.#drain()
  }

  /** Waits until everything has been sent or lost, at most so long. */
  async flush(limitMs: number): Promise<void> {
    await endsWithin(this.#sending ?? Promise.resolve(), limitMs)
    this.#lost += this.#queue.splice(0).length
    this.#report(true)
  }

  async #drain(): Promise<void> {
    for (let line = this.#queue.shift(); line !== undefined; line = this.#queue.shift()) {
      await this.#options.deliver(line).catch(() => this.#lose())
    }
    this.#sending = undefined
  }

  #lose(): void {
    this.#lost++
    this.#report(false)
  }

  #report(now: boolean): void {
    if (this.#lost === 0 || (!now && performance.now() - this.#lostTold < this.#options.reportMs)) return
    this.#options.onLost(this.#lost)
    this.#lost = 0
    this.#lostTold = performance.now()
  }
}
