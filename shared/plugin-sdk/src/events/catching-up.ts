import { pause } from '@powerbus/turns'

const PAUSES_MS = [1_000, 5_000, 30_000, 60_000]

export interface CatchingUpOptions {
  /** May reject, and has told of its failure then. */
  readonly catchUp: () => Promise<void>
  readonly signal: AbortSignal
  readonly pausesMs?: readonly number[]
}

/** Has a plugin catch up with events that it may have missed: one run at a time, tried again until it succeeds. */
export class CatchingUp {
  readonly #options: Required<CatchingUpOptions>
  #running: Promise<void> | undefined
  #again = false

  constructor(options: CatchingUpOptions) {
    this.#options = { pausesMs: PAUSES_MS, ...options }
  }

  /** Asked for while one run is under way, it is done once more. */
  ask(): void {
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Waits for the run that is under way, if any. */
  async ended(): Promise<void> {
    await this.#running
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { catchUp, signal, pausesMs } = this.#options
    for (let failures = 0; this.#again && !signal.aborted; ) {
      this.#again = false
      try {
        await catchUp()
        failures = 0
      } catch {
        this.#again = true
        const pauseMs = pausesMs[Math.min(failures, pausesMs.length - 1)] ?? 0
        failures += 1
        await pause(pauseMs, signal)
      }
    }
  }
}
