import type { Json } from './json-value.ts'

type Attributes = Readonly<Record<string, Json>>

/** Settings that take effect at the next boot. */
export class PendingSettings {
  readonly #defaults: Attributes
  #current: Attributes
  #pending: Attributes = {}
  /** Text of the time when pending values were taken last. */
  appliedAt: string | undefined

  constructor(attributes: Attributes) {
    this.#defaults = attributes
    this.#current = attributes
  }

  get current(): Attributes {
    return this.#current
  }

  get pending(): Attributes {
    return this.#pending
  }

  set(changes: Attributes): void {
    this.#pending = { ...this.#pending, ...changes }
  }

  /** The defaults of the firmware, from the next boot on. */
  reset(): void {
    this.#pending = { ...this.#defaults }
  }

  apply(date: string): void {
    if (Object.keys(this.#pending).length === 0) return
    this.#current = { ...this.#current, ...this.#pending }
    this.#pending = {}
    this.appliedAt = date
  }
}
