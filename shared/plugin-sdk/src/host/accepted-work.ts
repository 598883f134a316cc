import { endsWithin, within } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'

/** How long work may go on after its signal was aborted, to say what it knows, before it is answered for. */
const GRACE_MS = 1_000

/** The work that a process has accepted and not finished: a stop waits for it. */
export class AcceptedWork {
  readonly #owner: string
  readonly #running = new Set<Promise<unknown>>()
  readonly #shutdown = new AbortController()
  #stopping = false

  /** `owner` is who stops, for the errors: `plugin`. */
  constructor(owner: string) {
    this.#owner = owner
  }

  /** Aborted when waiting is over and the process must end. */
  get shutdown(): AbortSignal {
    return this.#shutdown.signal
  }

  get stopping(): boolean {
    return this.#stopping
  }

  /**
   * Accepts work with a signal that is aborted at the deadline and at shutdown. Work that ignores the signal is answered
   * for one second later, with the signal's reason. An error of our own table that the work throws after the abort says
   * more than the reason, and is passed on; a foreign one is the abort itself.
   * @throws PowerbusError DEADLINE_EXCEEDED; SHUTTING_DOWN from the moment a stop was asked for
   */
  async run<T>(limitMs: number, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeoutMs = Math.max(limitMs, 1)
    const late = () => new PowerbusError('DEADLINE_EXCEEDED', `Not done within ${timeoutMs} ms`)
    return await within({ timeoutMs, signal: this.shutdown, late, graceMs: GRACE_MS }, async (signal) => {
      try {
        return await this.accept(async () => start(signal))
      } catch (error) {
        throw signal.aborted && !(error instanceof PowerbusError) ? signal.reason : error
      }
    })
  }

  /** @throws PowerbusError SHUTTING_DOWN from the moment a stop was asked for */
  accept<T>(start: () => Promise<T>): Promise<T> {
    if (this.#stopping) {
      throw new PowerbusError('SHUTTING_DOWN', `The ${this.#owner} is stopping: ask again when it is back`)
    }
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
    this.#shutdown.abort(new PowerbusError('SHUTTING_DOWN', `The ${this.#owner} had to stop before this was finished`))
    await endsWithin(this.#whenEmpty(), abortedMs)
    return aborted
  }

  async #whenEmpty(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
