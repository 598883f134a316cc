import { createHash, randomInt, timingSafeEqual } from 'node:crypto'

/** Lacks letters and digits that look alike. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 12

export const LOGIN_CODE_LIFETIME_MS = 15 * 60 * 1000

/** A password for one login: 12 characters (59 bits), valid once, for 15 minutes. Authority limits the guesses. */
export class LoginCode {
  readonly text: string
  readonly #digest: Buffer
  readonly #expiresAtMs: number
  #isUsed = false

  /** `nowMs` is on a monotonic clock, as in `redeem`. */
  constructor(nowMs: number) {
    this.text = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
    this.#digest = digest(this.text)
    this.#expiresAtMs = nowMs + LOGIN_CODE_LIFETIME_MS
  }

  /** True once, for the right text before it expires. Compares in constant time. */
  redeem(text: string, nowMs: number): boolean {
    const isRight = timingSafeEqual(digest(text), this.#digest)
    if (!isRight || this.#isUsed || nowMs >= this.#expiresAtMs) return false
    this.#isUsed = true
    return true
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
