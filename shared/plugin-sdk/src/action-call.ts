/** Which command of which request is to be done, and by when. */
export interface ActionCall {
  readonly command: string
  /** Correlation id of the request; in every log line and in the result's log. */
  readonly requestId: string
  /**
   * Aborted when the deadline has passed or the plugin must end at once; its reason is the PowerbusError to answer with.
   * A caller that goes away aborts nothing: work that changes hardware, once accepted, is finished.
   */
  readonly signal: AbortSignal
  /** Milliseconds on the monotonic clock (`performance.now()`) at which the signal is aborted. */
  readonly deadlineMs: number
}
