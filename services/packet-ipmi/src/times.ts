const MINUTE_MS = 60_000

/** Durations of the background work, in milliseconds. Tests make them shorter. */
export const defaultTimes = {
  /** Time for a new device to become usable. */
  readyMs: 15 * MINUTE_MS,
  /** First interval between two reads of a device that is being made or deleted. */
  pollMs: 2_000,
  /** Longest interval between two such reads. */
  pollMostMs: 15_000,
  /**
   * A create whose answer was lost may still be running in the cloud. It is sent again only after listings over at
   * least this time have shown no device with its tag.
   */
  settleMs: 2 * MINUTE_MS,
  /** A deletion that lasts longer is handed over to the operator and still retried. */
  handOverMs: 30 * MINUTE_MS,
  /** Longest pause after failures. */
  pauseMostMs: 5 * MINUTE_MS,
  /** Pause between two passes over all devices and machines. */
  surveyMs: 5 * MINUTE_MS,
  /** A device is gone for good after `goneTimes` "not found" answers over at least this time. */
  goneMs: 10 * MINUTE_MS,
  /** A count, not a duration. */
  goneTimes: 3,
  /** Interval of reading all records, to find those that another replica has written. */
  scanMs: 15_000,
  /** Timeout of one call of the cloud or the endpoint. */
  callMs: 30_000,
  /** Time to live of a record's lock: another replica goes on with the record after it. */
  lockMs: 30_000,
}

export type Times = Readonly<typeof defaultTimes>
