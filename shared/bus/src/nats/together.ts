/**
 * What is sent in one turn of the event loop leaves at its end, in the order in which it came: the client makes one write of
 * what it is given at once, and each write wakes the server.
 */
export class Together {
  #sends: (() => void)[] = []

  /** `send` must not throw. */
  add(send: () => void): void {
    if (this.#sends.push(send) === 1) setImmediate(() => this.flush())
  }

  /** At once. */
  flush(): void {
    const sends = this.#sends
    this.#sends = []
    for (const send of sends) send()
  }
}
