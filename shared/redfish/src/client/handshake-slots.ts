import type { RedfishClock } from './redfish-clock.ts'

/** Handshakes begun at the same time; a processor core makes some hundreds in a second. */
const SLOTS = 64
/** A BMC that has not answered by then gives its slot to the next one, so that the silent do not hold up the others. */
const HOLD_MS = 250

/**
 * Bounds how many connections of a process are being opened, so that the limit of a handshake measures the BMC and not
 * the handshakes of a thousand others before it.
 */
export class HandshakeSlots {
  readonly #clock: RedfishClock
  readonly #waiting = new Set<() => void>()
  #taken = 0

  constructor(clock: RedfishClock) {
    this.#clock = clock
  }

  /** Calls `begin` when there is a slot, at once or later. Returns what leaves the queue; `done` gives the slot back. */
  enter(begin: (done: () => void) => void): () => void {
    const start = () => this.#start(begin)
    if (this.#taken < SLOTS) start()
    else this.#waiting.add(start)
    return () => this.#waiting.delete(start)
  }

  #start(begin: (done: () => void) => void): void {
    this.#taken += 1
    let isDone = false
    const done = () => {
      if (isDone) return
      isDone = true
      timer.cancel()
      this.#taken -= 1
      const [next] = this.#waiting
      if (!next) return
      this.#waiting.delete(next)
      next()
    }
    const timer = this.#clock.after(HOLD_MS, done)
    begin(done)
  }
}
