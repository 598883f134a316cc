import type { StopOptions } from './bus.ts'

/** What a bus has to stop before it closes. */
export class StopList {
  readonly #stops = new Set<(options?: StopOptions) => Promise<void>>()

  /** Gives a stop that does its work once, now or when all are stopped. */
  add(stop: (options: StopOptions) => Promise<void>): (options?: StopOptions) => Promise<void> {
    let stopping: Promise<void> | undefined
    const once = (options: StopOptions = {}) => {
      stopping ??= stop(options).finally(() => this.#stops.delete(once))
      return stopping
    }
    this.#stops.add(once)
    return once
  }

  async all(options: StopOptions): Promise<void> {
    await Promise.all([...this.#stops].map((stop) => stop(options)))
  }
}
