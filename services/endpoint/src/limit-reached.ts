import type { ErrorCode } from '@powerbus/plugin-sdk'

/** Too much at a time, or in too short a time: the same request may succeed after `retryAfterS` seconds. */
export class LimitReached extends Error {
  readonly code: ErrorCode
  /** 429 where the caller itself is at its limit, 503 where all callers together are. */
  readonly status: 429 | 503
  readonly retryAfterS: number

  constructor(code: ErrorCode, status: 429 | 503, message: string, retryAfterS: number) {
    super(`${message}: try again in ${retryAfterS} s`)
    this.name = 'LimitReached'
    this.code = code
    this.status = status
    this.retryAfterS = retryAfterS
  }
}
