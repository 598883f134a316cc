import type { LogLine } from '@powerbus/drp'

const LINES_MAX = 1000
const CHARACTERS_MAX = 4 * 1024 * 1024

type Listener = (line: LogLine) => void

/** The last lines of the endpoint's log in DRP's shape, with those of its plugins: at most 1000 and 4 Mi characters. */
export class LogRing {
  readonly #kept: { readonly line: LogLine; readonly characters: number }[] = []
  readonly #listeners = new Set<Listener>()
  #characters = 0
  #sequence = 0

  /** The number of the next line of the endpoint itself. */
  nextSequence(): number {
    this.#sequence += 1
    return this.#sequence
  }

  add(line: LogLine): void {
    const characters = JSON.stringify(line).length
    this.#kept.push({ line, characters })
    this.#characters += characters
    while (this.#kept.length > LINES_MAX || this.#characters > CHARACTERS_MAX) {
      this.#characters -= this.#kept.shift()?.characters ?? 0
    }
    for (const listener of this.#listeners) listener(line)
  }

  /** Oldest first. */
  lines(): LogLine[] {
    return this.#kept.map(({ line }) => line)
  }

  /** Calls `listener`, which must not throw and not log, with each line from now on. Returns what ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
