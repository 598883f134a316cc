import type { Writable } from 'node:stream'

/** Characters above which pending text is written at once. */
const BATCH_LENGTH = 65_536

/** The option --json. */
export interface JsonOption {
  readonly json?: true
}

/**
 * Writes lines to a stream. Lines of one turn of the event loop go out in one write. When the reader is gone (EPIPE),
 * the output ends quietly and `signal` is aborted.
 */
export class Output {
  readonly #stream: Writable
  readonly #gone = new AbortController()
  #pending = ''
  #scheduled = false

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error) => {
      this.#pending = ''
      this.#gone.abort(error)
    })
  }

  /** Aborted when the reader is gone or the stream cannot be written. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  get isTerminal(): boolean {
    return 'isTTY' in this.#stream && this.#stream.isTTY === true
  }

  line(text: string): void {
    if (this.#gone.signal.aborted) return
    this.#pending += `${text}\n`
    if (this.#pending.length >= BATCH_LENGTH) this.#write()
    else if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.#write()
      })
    }
  }

  lines(texts: Iterable<string>): void {
    for (const text of texts) this.line(text)
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value))
  }

  /** Resolves when the system has taken all written text, or the reader is gone. */
  flush(): Promise<void> {
    this.#write()
    return new Promise((resolve) => {
      if (this.#gone.signal.aborted) resolve()
      else this.#stream.write('', () => resolve())
    })
  }

  #write(): void {
    if (this.#pending === '' || this.#gone.signal.aborted) return
    const text = this.#pending
    this.#pending = ''
    this.#stream.write(text)
  }
}
