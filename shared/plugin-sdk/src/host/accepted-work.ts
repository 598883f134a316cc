import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { PowerbusError } from '../errors.ts'

/** What the plugin has accepted and not finished yet: the part of it that a stop must wait for. */
export class AcceptedWork {
  readonly #running = new Set<Promise<unknown>>()
  readonly #shutdown = new AbortController()
  #stopping = false

  constructor() {
    // One listener for each piece of work that is under way; withinDeadline takes it off.
    setMaxListeners(0, this.#shutdown.signal)
  }

  /** Aborted when waiting is over and the plugin must end. */
  get shutdown(): AbortSignal {
    return this.#shutdown.signal
  }

  get stopping(): boolean {
    return this.#stopping
  }

  /** @throws PowerbusError SHUTTING_DOWN from the moment a stop was asked for */
  accept<T>(start: () => Promise<T>): Promise<T> {
    if (this.#stopping) throw new PowerbusError('SHUTTING_DOWN', 'The plugin is stopping: ask again when it is back')
    const work = start()
    const settled: Promise<unknown> = work.then(
      () => this.#running.delete(settled),
      () => this.#running.delete(settled),
    )
    this.#running.add(settled)
    return work
  }

  /** Takes nothing more. */
  close(): void {
    this.#stopping = true
  }

  /**
   * Waits until all accepted work has ended, and aborts what has not after the limit.
   * @returns how many pieces of work were aborted
   */
  async drain(limitMs: number, abortedMs: number): Promise<number> {
    this.close()
    if (await this.#emptied(limitMs)) return 0
    const aborted = this.#running.size
    this.#shutdown.abort(new PowerbusError('SHUTTING_DOWN', 'The plugin had to stop before this was finished'))
    await this.#emptied(abortedMs)
    return aborted
  }

  async #emptied(limitMs: number): Promise<boolean> {
    const cancel = new AbortController()
    const expired = sleep(limitMs, false, { signal: cancel.signal }).catch(() => false)
    const emptied = this.#whenEmpty()
    try {
      return await Promise.race([emptied, expired])
    } finally {
      cancel.abort()
    }
  }

  async #whenEmpty(): Promise<boolean> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    return true
  }
}
