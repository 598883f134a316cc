import type { Link } from './link.ts'

/** FIFO that drops taken entries in bulk instead of shifting the array. */
class Fifo {
  #links: Link[] = []
  #head = 0

  push(link: Link): void {
    this.#links.push(link)
  }

  /** Takes the first link that still waits. */
  take(): Link | undefined {
    while (this.#head < this.#links.length) {
      const link = this.#links[this.#head++]
      if (this.#head > 1024 && this.#head * 2 > this.#links.length) {
        this.#links = this.#links.slice(this.#head)
        this.#head = 0
      }
      if (link?.queued) return link
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
   * True: the link may send now, and counts as in flight until `untilMs`. False: the link waits until `next` returns
   * it.
   */
  enter(link: Link, untilMs: number): boolean {
    if (link.slotUntilMs > 0) {
      link.slotUntilMs = untilMs
      return true
    }
    if (this.#inFlight >= this.cap) {
      if (!link.queued) (link.datagrams > 0 && link.transmissions === 0 ? this.#underWay : this.#fresh).push(link)
      link.queued = true
      return false
    }
    this.#inFlight++
    link.slotUntilMs = untilMs
    link.queued = false
    return true
  }

  /** Frees the link's place in flight, if it has one. */
  leave(link: Link): void {
    if (link.slotUntilMs === 0) return
    link.slotUntilMs = 0
    this.#inFlight--
  }

  /** Takes the next waiting link if there is room for its datagram. */
  next(): Link | undefined {
    if (this.#inFlight >= this.cap) return undefined
    const link = this.#underWay.take() ?? this.#fresh.take()
    if (link !== undefined) link.queued = false
    return link
  }
}
