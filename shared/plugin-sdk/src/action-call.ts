/** Which command of which request is to be done, and by when. */
export interface ActionCall {
  readonly command: string
  /** Correlation id of the request; every log line has it. */
  readonly requestId: string
  /**
   * Aborted when the deadline has passed or the plugin must end at once. Its reason is the PowerbusError to answer
   * with. A caller that disconnects does not abort it: accepted work that changes hardware is finished.
   */
  readonly signal: AbortSignal
  /** Time at which the signal is aborted, in milliseconds of the monotonic clock (`performance.now()`). */
  readonly deadlineMs: number
}
