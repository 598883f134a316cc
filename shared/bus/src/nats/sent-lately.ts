export interface SentLatelyLimits {
  /** Milliseconds: less than the stream's window for repeats, or they would be second events. */
  readonly ageMaxMs: number
  /** 20 000. */
  readonly eventsMax?: number
  /** UTF-16 units; 16 Mi. */
  readonly lengthMax?: number
}

interface Sent<T> {
  readonly outgoing: T
  readonly atMs: number
}

/**
 * What the stream acknowledged lately, in its order, in memory. A server that was not told to sync each write can lose that with its
 * power; what it still has it knows by the message id.
 */
export class SentLately<T extends { readonly text: string }> {
  readonly #limits: Required<SentLatelyLimits>
  readonly now: () => number
  #sent: Sent<T>[] = []
  #first = 0
  #length = 0

  constructor(limits: SentLatelyLimits, now: () => number = () => performance.now()) {
    this.#limits = { eventsMax: 20_000, lengthMax: 16 * 1024 * 1024, ...limits }
    this.now = now
  }

  /** `sentMs` is the time, by `now()`, of the first attempt to send it: the stream may have it since then. */
  add(outgoing: T, sentMs: number): void {
    this.#sent.push({ outgoing, atMs: sentMs })
    this.#length += outgoing.text.length
    this.#forget()
  }

  /** The oldest first; they are forgotten here. */
  takeAll(): T[] {
    this.#forget()
    const oldestMs = this.now() - this.#limits.ageMaxMs
    const all = this.#sent.slice(this.#first).flatMap(({ outgoing, atMs }) => (atMs < oldestMs ? [] : [outgoing]))
    this.#sent = []
    this.#first = 0
    this.#length = 0
    return all
  }

  #forget(): void {
    const { ageMaxMs, eventsMax, lengthMax } = this.#limits
    const oldestMs = this.now() - ageMaxMs
    for (let oldest = this.#sent[this.#first]; oldest; oldest = this.#sent[this.#first]) {
      const isKept =
        oldest.atMs >= oldestMs && this.#sent.length - this.#first <= eventsMax && this.#length <= lengthMax
      if (isKept) break
      this.#first += 1
      this.#length -= oldest.outgoing.text.length
    }
    if (this.#first < 1024 || this.#first < this.#sent.length / 2) return
    this.#sent = this.#sent.slice(this.#first)
    this.#first = 0
  }
}
