/** What Slack limits by itself: messages, edits, and looking for a message. */
export type CallKind = 'post' | 'edit' | 'find'

/** What is kept of a channel besides its entries and messages. */
export interface LaneState {
  /** Slack takes nothing for this channel: nothing is tried until somebody asks for it. */
  readonly parked?: { readonly reason: string; readonly sinceMs: number }
  /** No call of a kind before: Slack said so (Retry-After). Milliseconds since 1970. */
  readonly notBeforeMs?: Readonly<Partial<Record<CallKind, number>>>
}
