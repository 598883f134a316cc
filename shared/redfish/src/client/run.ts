import { type Hide, hiderOf } from '../messages/hide-secrets.ts'
import type { Deadline } from './deadline.ts'
import { BODY_LIMIT_BYTES, type RedfishCall } from './redfish-call.ts'

/** One call on its way: its end, its limits, and whether its request was sent. */
export class Run {
  readonly deadline: Deadline
  readonly maxBytes: number
  readonly retryBusy: boolean
  /** Hides the password and what the request's body names a secret. */
  readonly hide: Hide
  /** Whether a byte of the caller's own request may have been written. */
  sent = false
  /** A write of this call was sent, and how it ended is not known. */
  isOpen = false
  /** Logins again after a 401, at most one. */
  loggedInAgain = false

  constructor(deadline: Deadline, secrets: readonly string[], call: Partial<RedfishCall> = {}) {
    this.deadline = deadline
    this.maxBytes = call.maxBytes ?? BODY_LIMIT_BYTES
    this.retryBusy = call.retryBusy ?? true
    this.hide = hiderOf(secrets)
  }
}
