import type { RedfishClock } from './redfish-clock.ts'
import { RedfishError } from './redfish-error.ts'

/** Refused credentials are not sent again for so long: BMCs lock an account after three to five wrong logins. */
const BLOCK_MS = 60_000
/** So many times in a row a BMC may refuse credentials that it took before; HPE iLO does so now and then. */
const IN_A_ROW = 5

/** Counts the refusals of one user's credentials at one BMC. */
export class Refusals {
  readonly #clock: RedfishClock
  #isProven = false
  #inARow = 0
  #refusedMs: number | undefined

  constructor(clock: RedfishClock) {
    this.#clock = clock
  }

  /** A login succeeded. Whether the BMC also takes requests is another matter. */
  proven(): void {
    this.#isProven = true
    this.#refusedMs = undefined
  }

  /** The BMC took a request. */
  accepted(): void {
    this.proven()
    this.#inARow = 0
  }

  /** Counts one refusal; true where it is to be borne, since the credentials were right before. */
  isBorne(): boolean {
    this.#inARow += 1
    if (this.#isProven && this.#inARow < IN_A_ROW) return true
    this.#isProven = false
    this.#inARow = 0
    this.#refusedMs = this.#clock.nowMs()
    return false
  }

  /** The error of a refusal that is borne: no matter of wrong credentials. */
  borne({ address, status = 401, messages, sent, path = '' }: RedfishError): RedfishError {
    const what = `${path} was refused (${status}), although the BMC took the same user and password before; try again later`
    return new RedfishError('busy', address, what, { status, messages, sent, path })
  }

  /** The error that ends a call before it sends refused credentials once more. */
  blocking(address: string, username: string): RedfishError | undefined {
    if (this.#refusedMs === undefined) return undefined
    const agoMs = this.#clock.nowMs() - this.#refusedMs
    if (agoMs >= BLOCK_MS) return undefined
    const leftS = Math.ceil((BLOCK_MS - agoMs) / 1000)
    const what = `the BMC refused the password of ${JSON.stringify(username)} ${Math.floor(agoMs / 1000)} s ago; it is not sent again for ${leftS} s, so that the account is not locked: correct the credentials`
    return new RedfishError('credentials', address, what, { status: 401, sent: false })
  }
}
