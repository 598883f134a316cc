import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'

/** VMs that are worked on side by side. */
const CONCURRENCY = 8

/** A VM in a log line. */
interface Named {
  readonly id: string
  readonly name: string
}

/** Logs what is wrong with a VM once, and again when it changes or comes back. */
export class Complaints {
  readonly #log: Logger
  readonly #signal: AbortSignal
  readonly #logged = new Map<string, string>()

  /** `signal`: aborted when the plugin ends; failures after that are not logged. */
  constructor(log: Logger, signal: AbortSignal) {
    this.#log = log
    this.#signal = signal
  }

  log(level: 'warn' | 'error', id: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    const text = JSON.stringify([message, fields])
    if (this.#logged.get(id) === text) return
    this.#logged.set(id, text)
    this.#log[level](message, fields)
  }

  failure({ id, name }: Named, message: string, error: unknown): void {
    if (this.#signal.aborted) return
    const reason = error instanceof PowerbusError ? error.message : String(error)
    this.log('error', id, message, { vm: name || id, reason })
  }

  isWell(id: string): void {
    this.#logged.delete(id)
  }

  /** Does the work for each object, 8 at a time. A failure is logged and does not keep the others from their work. */
  async each<T>(objects: readonly T[], vmOf: (object: T) => Named, work: (object: T) => Promise<void>): Promise<void> {
    const left = objects.values()
    const worker = async () => {
      for (const object of left)
        await work(object).catch((error: unknown) => this.failure(vmOf(object), 'the look at a VM failed', error))
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  }
}
