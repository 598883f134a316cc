/** Limits of one call. */
export interface RedfishCall {
  readonly signal: AbortSignal
  /** From the call to its result, with waiting for the BMC's turn, login, repeats and tasks. */
  readonly timeoutMs: number
  /** Largest body of one answer. Default 8 MiB; `FIRMWARE_LIMIT_BYTES` for firmware inventories. */
  readonly maxBytes?: number
  /** Wait and ask again while the BMC says that it is busy (429, 503, "not ready"). Default true. */
  readonly retryBusy?: boolean
}

/** Largest body of an answer unless the call says otherwise. */
export const BODY_LIMIT_BYTES = 8 * 1024 * 1024
/** For firmware inventories, which some BMCs answer in one piece. */
export const FIRMWARE_LIMIT_BYTES = 32 * 1024 * 1024
