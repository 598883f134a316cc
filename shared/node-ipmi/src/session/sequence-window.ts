/** Most that a packet may be ahead of or behind the highest number seen. §6.12.13 requires 8 behind; 16 is usual. */
const WINDOW = 16

/** Recognises repeated and far-off session sequence numbers. §6.12.11, §6.12.13. */
export class SequenceWindow {
  #highest = 0
  /** Bit n: the number `highest - n` was seen. */
  #seen = 0

  /**
   * Whether the number is inside the window and was not seen before; marks it as seen. 0 is never valid in a session.
   */
  accept(sequence: number): boolean {
    if (sequence === 0) return false
    const ahead = sequence - this.#highest
    if (ahead > WINDOW || ahead <= -WINDOW) return false
    if (ahead > 0) {
      this.#seen = ((this.#seen << ahead) | 1) & 0xffff
      this.#highest = sequence
      return true
    }
    const bit = 1 << -ahead
    if ((this.#seen & bit) !== 0) return false
    this.#seen |= bit
    return true
  }
}
