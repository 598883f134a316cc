/**
 * Every error a plugin answers with. `status` is the HTTP code and the DRP Error's Code; `retry` says whether the same
 * request may succeed later without a change by the caller.
 */
export const errorTable = {
  PARAM_INVALID: { status: 400, retry: false },
  PARAM_MISSING: { status: 400, retry: false },
  REQUEST_INVALID: { status: 400, retry: false },
  UNAUTHENTICATED: { status: 401, retry: false },
  FORBIDDEN: { status: 403, retry: false },
  ACTION_UNKNOWN: { status: 404, retry: false },
  DRIVER_UNKNOWN: { status: 404, retry: false },
  CAPABILITY_UNSUPPORTED: { status: 404, retry: false },
  OBJECT_UNKNOWN: { status: 404, retry: false },
  FILTER_UNKNOWN: { status: 406, retry: false },
  IPMI_COMPLETION: { status: 409, retry: false },
  AUTH_FAILED: { status: 409, retry: false },
  TARGET_BUSY: { status: 409, retry: true },
  TARGET_STATE: { status: 409, retry: false },
  TARGET_REFUSED: { status: 409, retry: false },
  TARGET_PROTECTED: { status: 409, retry: false },
  OBJECT_CONFLICT: { status: 409, retry: false },
  TARGET_STAYS_OFF: { status: 409, retry: false },
  LEASE_LOST: { status: 409, retry: true },
  REQUEST_TOO_LARGE: { status: 413, retry: false },
  OBJECT_INVALID: { status: 422, retry: false },
  INTERNAL: { status: 500, retry: false },
  NOT_IMPLEMENTED: { status: 501, retry: false },
  PLUGIN_ANSWER_INVALID: { status: 502, retry: false },
  TARGET_UNREACHABLE: { status: 502, retry: true },
  STORE_UNAVAILABLE: { status: 503, retry: true },
  BUS_CLOSED: { status: 503, retry: true },
  SHUTTING_DOWN: { status: 503, retry: true },
  PLUGIN_UNAVAILABLE: { status: 503, retry: true },
  TARGET_TIMEOUT: { status: 504, retry: true },
  DEADLINE_EXCEEDED: { status: 504, retry: true },
  OUTCOME_UNKNOWN: { status: 504, retry: false },
  NOT_ANSWERED: { status: 504, retry: false },
} as const satisfies Record<string, { status: number; retry: boolean }>

export type ErrorCode = keyof typeof errorTable

/** What went wrong, to what, and what to do next. A foreign error is wrapped once, as `cause`. */
export class PowerbusError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'PowerbusError'
    this.code = code
  }

  /** HTTP status and DRP Error Code, 400..599. */
  get status(): number {
    return errorTable[this.code].status
  }

  get retry(): boolean {
    return errorTable[this.code].retry
  }
}
