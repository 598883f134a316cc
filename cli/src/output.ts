import type { Writable } from 'node:stream'

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

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error) => this.#gone.abort(error))
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
    if (this.#pending === '') setImmediate(() => this.#write())
    this.#pending += `${text}\n`
  }

  lines(texts: Iterable<string>): void {
    for (const text of texts) this.line(text)
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value))
  }

  /** Resolves when the system has taken all written text, or the reader is gone. */
  async flush(): Promise<void> {
    this.#write()
    if (!this.#gone.signal.aborted) await new Promise<void>((resolve) => this.#stream.write('', () => resolve()))
  }

  #write(): void {
    const text = this.#pending
    this.#pending = ''
    if (text !== '' && !this.#gone.signal.aborted) this.#stream.write(text)
  }
}
