import { endsWithin } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'

/** What the plugin has accepted and not finished yet: the part of it that a stop must wait for. */
export class AcceptedWork {
  readonly #running = new Set<Promise<unknown>>()
  readonly #shutdown = new AbortController()
  #stopping = false

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
    if (await endsWithin(this.#whenEmpty(), limitMs)) return 0
    const aborted = this.#running.size
    this.#shutdown.abort(new PowerbusError('SHUTTING_DOWN', 'The plugin had to stop before this was finished'))
    await endsWithin(this.#whenEmpty(), abortedMs)
    return aborted
  }

  async #whenEmpty(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
