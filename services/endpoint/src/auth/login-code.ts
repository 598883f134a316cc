import { createHash, randomInt, timingSafeEqual } from 'node:crypto'

/** Without letters and digits that look alike. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 12
const ATTEMPTS_MAX = 10

export const LOGIN_CODE_LIFETIME_MS = 15 * 60 * 1000

/** A password for one login: 12 characters (59 bits), valid once, for 15 minutes and 10 attempts. */
export class LoginCode {
  readonly text: string
  readonly #digest: Buffer
  readonly #expiresAtMs: number
  #attemptsLeft = ATTEMPTS_MAX

  /** `nowMs` is on a monotonic clock, as in `redeem`. */
  constructor(nowMs: number) {
    this.text = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
    this.#digest = digest(this.text)
    this.#expiresAtMs = nowMs + LOGIN_CODE_LIFETIME_MS
  }

  /** True once, for the right text in time; takes the same time however much of it is right. */
  redeem(text: string, nowMs: number): boolean {
    if (this.#attemptsLeft === 0 || nowMs >= this.#expiresAtMs) return false
    this.#attemptsLeft -= 1
    if (!timingSafeEqual(digest(text), this.#digest)) return false
    this.#attemptsLeft = 0
    return true
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
