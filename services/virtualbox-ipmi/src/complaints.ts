import type { Logger } from '@powerbus/plugin-sdk'

/** Tells what is wrong with a VM once, however often it is seen, and again when it is something else or was well in between. */
export class Complaints {
  readonly #log: Logger
  readonly #told = new Map<string, string>()

  constructor(log: Logger) {
    this.#log = log
  }

  tell(level: 'warn' | 'error', id: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    const text = JSON.stringify([message, fields])
    if (this.#told.get(id) === text) return
    this.#told.set(id, text)
    this.#log[level](message, fields)
  }

  isWell(id: string): void {
    this.#told.delete(id)
  }
}
