/** Runs pieces of work one after the other, in the order they came. One that fails does not stop the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  run<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(work, work)
    this.#last = turn
    return turn
  }
}
