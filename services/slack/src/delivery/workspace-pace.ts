import type { CallKind } from '../outbox/lane-contents.ts'

/**
 * Limits of one kind of call over all channels: distance in paces of a channel, and most calls at once. A pace of a
 * second allows 300 messages and 50 edits a minute. Slack takes "several hundred" messages per workspace, and 50 calls
 * of the methods of its tier 3: chat.update, conversations.history and conversations.replies.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
const limits: Readonly<Record<CallKind, { readonly paces: number; readonly burst: number }>> = {
  post: { paces: 0.2, burst: 20 },
  edit: { paces: 1.2, burst: 10 },
  find: { paces: 1.2, burst: 10 },
}

/** Queue of the calls of all channels of a workspace, first come, first served. */
export class WorkspacePace {
  /** End of the queue of each kind, milliseconds since 1970. */
  readonly #fullMs = new Map<CallKind, number>()

  /** Time of the call, milliseconds since 1970; at or before `nowMs` if the queue is short. */
  book(kind: CallKind, paceMs: number, nowMs: number): number {
    const { paces, burst } = limits[kind]
    const gapMs = paces * paceMs
    const fullMs = Math.max(this.#fullMs.get(kind) ?? 0, nowMs) + gapMs
    this.#fullMs.set(kind, fullMs)
    return fullMs - burst * gapMs
  }
}
