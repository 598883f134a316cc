/** Between two writes of a stream of lines, in milliseconds. */
const GATHER_MS = 100
/** More characters are passed on at once. */
const CHARACTERS_MAX = 64 * 1024

/**
 * Passes lines on: one after a pause at once, those of the next 100 ms together, so that a stream of them does not wake
 * its reader for each.
 */
export class LineGatherer {
  readonly #pass: (lines: string) => void
  #waiting = ''
  #timer: NodeJS.Timeout | undefined

  constructor(pass: (lines: string) => void) {
    this.#pass = pass
  }

  write(line: string): void {
    this.#waiting += line
    if (this.#timer === undefined || this.#waiting.length > CHARACTERS_MAX) this.flush()
  }

  /** Passes on what waits. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting === '') return
    const lines = this.#waiting
    this.#waiting = ''
    this.#timer = setTimeout(() => this.flush(), GATHER_MS)
    this.#pass(lines)
  }
}
