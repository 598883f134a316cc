import type { CallKind } from '../outbox/lane-state.ts'
import { backoffMs } from './backoff.ts'
import { Pace } from './pace.ts'

/** Edits of one message are so many paces apart. */
const EDIT_PACES = 3

/** When a channel may be called again, as this process knows it; milliseconds since 1970. */
export class LanePace {
  /** After failures that may pass. */
  pausedUntilMs = 0
  /** After the last call. */
  nextMs = 0
  readonly #pace = new Pace()
  readonly #editable = new Map<string, number>()
  readonly #closed = new Map<CallKind, number>()
  readonly #booked = new Map<CallKind, number>()
  #failures = 0

  /** A call is made now. */
  called(paceMs: number): void {
    this.nextMs = Date.now() + this.#pace.gapMs(paceMs)
  }

  taken(): void {
    this.#failures = 0
    this.#pace.taken()
  }

  limited(): void {
    this.#failures = 0
    this.#pace.limited()
  }

  failed(): { readonly failures: number; readonly pauseMs: number } {
    this.#failures += 1
    const pauseMs = Math.round(backoffMs(this.#failures))
    this.pausedUntilMs = Date.now() + pauseMs
    return { failures: this.#failures, pauseMs }
  }

  /** Slack is asked again at once. */
  resume(): void {
    this.pausedUntilMs = 0
  }

  /** Slack wants no call of this kind before. */
  close(kind: CallKind, untilMs: number): void {
    this.#closed.set(kind, untilMs)
  }

  /** The channel's place among all for its next call of this kind. */
  book(kind: CallKind, atMs: number): void {
    this.#booked.set(kind, atMs)
  }

  hasBooked(kind: CallKind): boolean {
    return this.#booked.has(kind)
  }

  /** The place is taken. */
  use(kind: CallKind): void {
    this.#booked.delete(kind)
  }

  /** From when on a call of this kind may be made. */
  openMs(kind: CallKind): number {
    const pacedMs = kind === 'find' ? 0 : this.nextMs
    return Math.max(this.pausedUntilMs, pacedMs, this.#closed.get(kind) ?? 0, this.#booked.get(kind) ?? 0)
  }

  edited(id: string, paceMs: number): void {
    const nowMs = Date.now()
    this.#editable.set(id, nowMs + EDIT_PACES * paceMs)
    if (this.#editable.size < 1000) return
    for (const [known, untilMs] of this.#editable) if (untilMs <= nowMs) this.#editable.delete(known)
  }

  /** From when on a message may be edited. */
  editableMs(id: string): number {
    return this.#editable.get(id) ?? 0
  }
}
