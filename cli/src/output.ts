import type { Writable } from 'node:stream'

/** Text that waits for the next turn of the event loop, in characters, before it is written at once. */
const BATCH_LENGTH = 65_536

/**
 * Lines to a stream (the process's standard output). Lines of one turn go out in one write, a slow reader holds the
 * writer back, and a reader that has gone (EPIPE) ends the output quietly: `signal` is aborted then.
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

  /** Aborted when nobody reads any more, or the stream cannot be written. */
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

  /** Resolves when what was written has been taken by the system, or nobody reads any more. */
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
