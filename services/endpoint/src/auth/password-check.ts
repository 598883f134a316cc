import { createHmac, randomBytes } from 'node:crypto'
import { Slots } from '@powerbus/turns'
import { FailureLimit } from './failure-limit.ts'
import type { PasswordBook, PasswordRecord } from './password-book.ts'
import { isPassword, nobodysHash, type PasswordHash } from './password-hash.ts'
import { LoginLimited, PasswordWrong } from './refusals.ts'

/** A right password is not hashed again for this time: `drpcli -x` sends it with each request. */
const REMEMBERED_MS = 60_000
const REMEMBERED_MAX = 1000
const WINDOW_MS = 60_000
/** Wrong passwords in a minute, from one address and from all of them. */
const FAILURES_MAX = { oneAddress: 20, all: 100 } as const
const ADDRESSES_MAX = 1000
/** Hashing takes a core: one at a time, and so many may wait. */
const WAITING_MAX = 20

/** Checks users' passwords. Bounds what guessing costs the endpoint. */
export class PasswordCheck {
  readonly #book: PasswordBook
  readonly #nowMs: () => number
  /** For the keys of what is remembered, so that memory holds no plain hash of a password. */
  readonly #key = randomBytes(32)
  /** Ids of passwords that were right, by user and password, until when. */
  readonly #remembered = new Map<string, { readonly id: string; readonly untilMs: number }>()
  readonly #failures = new FailureLimit(FAILURES_MAX.all, WINDOW_MS)
  readonly #byAddress = new Map<string, FailureLimit>()
  readonly #slot = new Slots(1)
  readonly #nobodys: PasswordHash
  #waiting = 0

  /** `passwordCost` is scrypt's for the check of a user who is not there. */
  constructor(book: PasswordBook, nowMs: () => number = () => performance.now(), passwordCost?: number) {
    this.#book = book
    this.#nobodys = nobodysHash(passwordCost)
    this.#nowMs = nowMs
  }

  /**
   * Returns the user's password record. A user who is not there is refused as late as a wrong password. Throws
   * PasswordWrong, and LoginLimited after 20 wrong ones from this address in a minute, or 100 from all, or where too
   * many wait.
   */
  async check(user: string, password: string, address: string): Promise<PasswordRecord> {
    const key = createHmac('sha256', this.#key).update(`${user}\0${password}`).digest('base64')
    const known = this.#remembered.get(key)
    const present = this.#book.get(user)
    if (known !== undefined && known.id === present?.id && this.#nowMs() < known.untilMs) return present
    const isRight = await this.#hashed(password, present, address)
    if (!isRight || present === undefined) {
      const nowMs = this.#nowMs()
      this.#failures.fail(nowMs)
      this.#failuresOf(address).fail(nowMs)
      // The name of nobody may be a password in the wrong place.
      throw new PasswordWrong(present === undefined ? 'unknown' : user)
    }
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear()
    this.#remembered.set(key, { id: present.id, untilMs: this.#nowMs() + REMEMBERED_MS })
    return present
  }

  async #hashed(password: string, present: PasswordRecord | undefined, address: string): Promise<boolean> {
    if (this.#waiting >= WAITING_MAX) throw new LoginLimited(1)
    this.#waiting += 1
    try {
      return await this.#slot.run(async () => {
        // Those that it waited for may have been wrong.
        this.#checkLimits(address)
        return await isPassword(password, present?.hash ?? this.#nobodys)
      })
    } finally {
      this.#waiting -= 1
    }
  }

  #checkLimits(address: string): void {
    const nowMs = this.#nowMs()
    const waitMs = Math.max(this.#failures.waitMs(nowMs), this.#byAddress.get(address)?.waitMs(nowMs) ?? 0)
    if (waitMs > 0) throw new LoginLimited(Math.ceil(waitMs / 1000))
  }

  #failuresOf(address: string): FailureLimit {
    const found = this.#byAddress.get(address)
    if (found !== undefined) return found
    if (this.#byAddress.size >= ADDRESSES_MAX) this.#byAddress.clear()
    const made = new FailureLimit(FAILURES_MAX.oneAddress, WINDOW_MS)
    this.#byAddress.set(address, made)
    return made
  }
}
