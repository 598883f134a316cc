import type { CallKind } from '../outbox/lane-contents.ts'

/**
 * Calls of one kind over all channels: how far they are apart, in paces of a channel, and how many may come at once. With a pace of a second
 * 300 messages and 50 edits a minute: Slack takes "several hundred" messages per workspace, and 50 or more calls of methods of
 * its tier 3, which are chat.update, conversations.history and conversations.replies.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
const limits: Readonly<Record<CallKind, { readonly paces: number; readonly burst: number }>> = {
  post: { paces: 0.2, burst: 20 },
  edit: { paces: 1.2, burst: 10 },
  find: { paces: 1.2, burst: 10 },
}

/** What the channels of a workspace share: a place in the row for each call, in the order in which they ask. */
export class WorkspacePace {
  /** Until when the row of each kind is full, milliseconds since 1970. */
  readonly #fullMs = new Map<CallKind, number>()

  /** When the call may be made, milliseconds since 1970: in the past or now where the row is short. */
  book(kind: CallKind, paceMs: number, nowMs: number): number {
    const { paces, burst } = limits[kind]
    const gapMs = paces * paceMs
    const fullMs = Math.max(this.#fullMs.get(kind) ?? 0, nowMs) + gapMs
    this.#fullMs.set(kind, fullMs)
    return fullMs - burst * gapMs
  }
}
