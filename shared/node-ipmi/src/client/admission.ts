import { type BmcSession, NEVER } from './bmc-session.ts'

/** FIFO that lets taken entries go at once, and drops their places in bulk instead of shifting the array. */
class Fifo {
  #waiting: (BmcSession | undefined)[] = []
  #head = 0

  get isEmpty(): boolean {
    return this.#head === this.#waiting.length
  }

  push(session: BmcSession): void {
    this.#waiting.push(session)
  }

  /** Takes the first session that still waits. */
  take(): BmcSession | undefined {
    while (this.#head < this.#waiting.length) {
      const session = this.#waiting[this.#head]
      this.#waiting[this.#head++] = undefined
      if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#head)
        this.#head = 0
      }
      if (session?.queued) return session
    }
    return undefined
  }
}

/**
 * Keeps the datagrams in flight below a cap, so that their answers fit the receive buffer. A datagram is in flight
 * until its answer, or until an answer is no longer likely soon: a silent BMC holds no place while its time-outs run.
 * Beyond the cap, first come, first served; conversations under way go before new ones.
 */
export class Admission {
  readonly #underWay = new Fifo()
  readonly #fresh = new Fifo()
  #inFlight = 0
  /** Most datagrams in flight. */
  cap = 1

  get inFlight(): number {
    return this.#inFlight
  }

  /**
   * True: the session may send now, and counts as in flight until `untilMs`. False: the session waits until `next` returns
   * it.
   */
  enter(session: BmcSession, untilMs: number): boolean {
    if (session.slotUntilMs > 0) {
      session.slotUntilMs = untilMs
      return true
    }
    if (this.#inFlight >= this.cap) {
      if (!session.queued)
        (session.datagrams > 0 && session.transmissions === 0 ? this.#underWay : this.#fresh).push(session)
      session.queued = true
      return false
    }
    this.#inFlight++
    session.slotUntilMs = untilMs
    session.queued = false
    return true
  }

  /** Frees the session's place in flight, if it has one. */
  leave(session: BmcSession): void {
    if (session.slotUntilMs === NEVER) return
    session.slotUntilMs = NEVER
    this.#inFlight--
  }

  get hasWaiting(): boolean {
    return !this.#underWay.isEmpty || !this.#fresh.isEmpty
  }

  /** Takes the next waiting session if there is room for its datagram. */
  next(): BmcSession | undefined {
    if (this.#inFlight >= this.cap) return undefined
    const session = this.#underWay.take() ?? this.#fresh.take()
    if (session !== undefined) session.queued = false
    return session
  }
}
