/** Most that a packet may be behind the highest number seen. §6.12.13 requires 8; 16 is usual. */
const WINDOW = 16
/** Most that the highest number may grow in one session: half of the numbers, so that no number comes round again. */
const MOST_GROWTH = 2 ** 31 - 1

/**
 * Recognises repeated and old session sequence numbers of authentic packets. §6.12.11, §6.12.13.
 *
 * The first packet sets the window, because BMCs start anywhere; 0 is a number too, because phosphor-net-ipmid sends it
 * after FFFFFFFFh. A number ahead moves the window by any distance: only the peer can seal a packet, and a packet ahead
 * was not seen before. No number is accepted twice: after MOST_GROWTH the window accepts nothing ahead, and the session
 * ends.
 */
export class SequenceWindow {
  #highest = 0
  /** Bit n: the number `highest - n` was seen. 0: no packet yet. */
  #seen = 0
  #growth = 0

  /** Whether the number is new; marks it as seen. `sequence`: 0..2^32-1, of a packet whose integrity code is right. */
  accept(sequence: number): boolean {
    if (this.#seen === 0) return this.#moveTo(sequence, WINDOW)
    // Numbers wrap at 2^32: the distance is the difference modulo 2^32, from -2^31 to 2^31-1.
    const ahead = (sequence - this.#highest) | 0
    if (ahead > 0) {
      this.#growth += ahead
      return this.#growth <= MOST_GROWTH && this.#moveTo(sequence, ahead)
    }
    if (ahead <= -WINDOW) return false
    const bit = 1 << -ahead
    if ((this.#seen & bit) !== 0) return false
    this.#seen |= bit
    return true
  }

  #moveTo(sequence: number, ahead: number): true {
    this.#seen = ahead < WINDOW ? ((this.#seen << ahead) | 1) & 0xffff : 1
    this.#highest = sequence
    return true
  }
}
