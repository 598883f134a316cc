/** How long things may take, in milliseconds. Tests make them shorter. */
export interface Times {
  /** A new device has this long to become usable. */
  readonly readyMs: number
  /** Between two looks at a device that is being made or deleted; grows up to `pollMostMs`. */
  readonly pollMs: number
  readonly pollMostMs: number
  /**
   * A create whose answer was lost may still be under way in the cloud: it is not sent again until listings, over at least this time,
   * have shown no device with its tag.
   */
  readonly settleMs: number
  /** A device whose deletion has not been confirmed for so long is handed over to the operator; it is tried on. */
  readonly handOverMs: number
  /** Longest pause after failures. */
  readonly pauseMostMs: number
  /** Between two passes over all devices and machines. */
  readonly surveyMs: number
  /** A device is gone for good when its own "not found" was seen `goneTimes` times over at least this time. */
  readonly goneMs: number
  readonly goneTimes: number
  /** Records are looked through so often for what another replica wrote down. */
  readonly scanMs: number
  /** One call of the cloud or the endpoint. */
  readonly callMs: number
  /** Time to live of the lock of one that is being made or deleted: after so long another replica goes on with it. */
  readonly lockMs: number
}

const MINUTE_MS = 60_000

export const defaultTimes: Times = {
  readyMs: 15 * MINUTE_MS,
  pollMs: 2_000,
  pollMostMs: 15_000,
  settleMs: 2 * MINUTE_MS,
  handOverMs: 30 * MINUTE_MS,
  pauseMostMs: 5 * MINUTE_MS,
  surveyMs: 5 * MINUTE_MS,
  goneMs: 10 * MINUTE_MS,
  goneTimes: 3,
  scanMs: 15_000,
  callMs: 30_000,
  lockMs: 30_000,
}
