/** What is kept of a channel besides its entries and messages. */
export interface LaneState {
  /** Slack takes nothing for this channel: nothing is tried until somebody asks for it. */
  readonly parked?: { readonly reason: string; readonly sinceMs: number }
  /** Slack said so (Retry-After); milliseconds since 1970. */
  readonly notBeforeMs?: number
}
