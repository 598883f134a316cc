import { backoffMs, type Clock } from '@powerbus/turns'
import type { CallKind } from '../outbox/lane-contents.ts'
import type { WorkspacePace } from './workspace-pace.ts'

/** After failures that may pass; milliseconds. */
const failurePauses = { firstMs: 1000, mostMs: 60_000, jitter: 0.5 }
/** Each 429 stretches the pace by SLOWER, up to SLOWEST; each accepted call shrinks it by FASTER. */
const SLOWER = 1.5
const SLOWEST = 4
const FASTER = 0.9
/** Least pace that a 429 stretches; milliseconds. */
const LEAST_MS = 50

/** Times of the next calls for a channel, as this process knows them; milliseconds since 1970. */
export class LanePace {
  readonly #workspace: WorkspacePace
  readonly #clock: Pick<Clock, 'dateMs'>
  #pausedUntilMs = 0
  #nextMs = 0
  #factor = 1
  #failures = 0
  readonly #booked = new Map<CallKind, number>()

  constructor(workspace: WorkspacePace, clock: Pick<Clock, 'dateMs'>) {
    this.#workspace = workspace
    this.#clock = clock
  }

  /** Notes a post or an edit that is made now. `setMs`: slack/pace-ms. */
  called(setMs: number): void {
    this.#nextMs = this.#clock.dateMs() + (this.#factor === 1 ? setMs : Math.max(setMs, LEAST_MS) * this.#factor)
  }

  accepted(): void {
    this.#failures = 0
    this.#factor = Math.max(1, this.#factor * FASTER)
    if (this.#factor < 1.05) this.#factor = 1
  }

  /** Slack answered 429. */
  limited(): void {
    this.#failures = 0
    this.#factor = Math.min(SLOWEST, this.#factor * SLOWER)
  }

  failed(): { readonly failures: number; readonly pauseMs: number } {
    this.#failures += 1
    const pauseMs = Math.round(backoffMs(failurePauses, this.#failures))
    this.#pausedUntilMs = this.#clock.dateMs() + pauseMs
    return { failures: this.#failures, pauseMs }
  }

  /** Ends the pause after failures. */
  resume(): void {
    this.#pausedUntilMs = 0
  }

  /** Books the workspace's next call of this kind, once until `use`. True if its time has come. */
  book(kind: CallKind, setMs: number): boolean {
    const nowMs = this.#clock.dateMs()
    const bookedMs = this.#booked.get(kind) ?? this.#workspace.book(kind, setMs, nowMs)
    this.#booked.set(kind, bookedMs)
    return bookedMs <= nowMs
  }

  use(kind: CallKind): void {
    this.#booked.delete(kind)
  }

  /** Earliest next call of this kind. */
  openMs(kind: CallKind): number {
    const pacedMs = kind === 'find' ? 0 : this.#nextMs
    return Math.max(this.#pausedUntilMs, pacedMs, this.#booked.get(kind) ?? 0)
  }
}
