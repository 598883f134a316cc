import type { Caller } from './caller.ts'
import { FailureLimit } from './failure-limit.ts'
import { LOGIN_CODE_LIFETIME_MS, LoginCode } from './login-code.ts'
import { LoginCodeWrong, LoginLimited } from './refusals.ts'

/** The user of the operator file and of login codes. */
export const ADMIN = 'powerbus'
/** Parent of tokens that were got with a code that the endpoint or its operator made. */
export const LOGIN_CODE_ID = 'login-code'

const FAILURES_MAX = 20
const FAILURE_WINDOW_MS = 60_000

/** The present login code, and the limit of wrong logins. */
export class LoginCodes {
  readonly #failures = new FailureLimit(FAILURES_MAX, FAILURE_WINDOW_MS)
  #present: { readonly code: LoginCode; readonly maker: Caller | undefined } | undefined

  /**
   * Makes a code and voids the previous one. `maker` is the token that asked for it; undefined for the endpoint itself
   * and its operator. `expiresAt` is in milliseconds since 1970.
   */
  make(maker: Caller | undefined): { readonly code: string; readonly expiresAt: number } {
    const code = new LoginCode(performance.now())
    this.#present = { code, maker }
    return { code: code.text, expiresAt: Date.now() + LOGIN_CODE_LIFETIME_MS }
  }

  /**
   * Uses the code up. Returns who may then do what: no more than the code's maker. Throws LoginCodeWrong, and
   * LoginLimited after 20 wrong logins in a minute.
   */
  redeem(user: string, text: string): Caller {
    const nowMs = performance.now()
    const waitMs = this.#failures.waitMs(nowMs)
    if (waitMs > 0) throw new LoginLimited(Math.ceil(waitMs / 1000))
    if (user !== ADMIN || !this.#present?.code.redeem(text, nowMs)) {
      this.#failures.fail(nowMs)
      throw new LoginCodeWrong('wrong user or login code: a code is good once, for 15 minutes')
    }
    const { maker } = this.#present
    if (maker !== undefined) return { ...maker, isSource: false, isCode: true }
    const rights = { role: 'admin', scope: 'all', expiresAt: 0, chainEndsAt: 0 } as const
    return { kind: 'user', name: ADMIN, id: LOGIN_CODE_ID, ...rights, isSource: true, isCode: true }
  }
}
