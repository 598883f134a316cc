/** Longest wait without any answer of the BMC, in milliseconds. */
export const SILENT_MS = 5000
/** How long answers without a gap are taken for "may still come": some BMCs answer a command after 8 s. */
export const PATIENT_MS = 10_000

/** How far apart polls are: an off interval of a second must not fall between two. */
const FIRST_POLL_MS = 200
const LATER_POLL_MS = 500
const LATER_AFTER_MS = 3000

/**
 * `answered`: the BMC answered the command. `not-answered-yet`: everything that it answered is known, and the command is
 * not among it. `ambiguous`: neither can be told.
 */
export type Evidence = 'answered' | 'not-answered-yet' | 'ambiguous'

/**
 * What is known of a command that was sent once and whose answer has not come. The BMC is polled in the same session, each
 * poll under a new rqSeq, and the numbers of its answers are counted: n answers since the command, of which k to polls are
 * known and u polls are open. n = k: the command is not answered yet. n = k + u + 1: all are answered. Else it may be either.
 */
export class OnceWatch {
  readonly sentMs: number
  /** Number of the BMC's last answer before the command; undefined where its numbers are no evidence. */
  #before: number | undefined
  readonly #open = new Set<number>()
  #known = 0
  #last: number
  #heardMs: number
  /** The command is answered, by evidence other than the numbers. */
  shown = false

  constructor(sentMs: number, before: number | undefined) {
    this.sentMs = sentMs
    this.#before = before
    this.#last = before ?? 0
    this.#heardMs = sentMs
  }

  /** A poll is sent. */
  polled(sequence: number): void {
    this.#open.add(sequence)
  }

  isOpen(sequence: number): boolean {
    return this.#open.has(sequence)
  }

  /** A poll is answered, late or not. */
  pollAnswered(sequence: number, number: number, nowMs: number): void {
    this.#open.delete(sequence)
    this.#known++
    this.#heardMs = nowMs
    if (number > this.#last) this.#last = number
    // The numbers wrapped: some BMCs count 0 then, and some do not.
    else if (this.#before !== undefined && number < this.#before) this.#before = undefined
  }

  /** Close Session is answered: the last answer of the session. */
  closeAnswered(number: number): void {
    this.#known++
    if (number > this.#last) this.#last = number
    else this.#before = undefined
  }

  get evidence(): Evidence {
    if (this.shown) return 'answered'
    if (this.#before === undefined) return 'ambiguous'
    const others = this.#last - this.#before - this.#known
    if (others === 0) return 'not-answered-yet'
    return others === this.#open.size + 1 ? 'answered' : 'ambiguous'
  }

  /** When the watch ends, unless the command turns out to be answered before. */
  get endsMs(): number {
    return Math.min(this.#heardMs + SILENT_MS, this.sentMs + PATIENT_MS)
  }

  /** Whether the BMC was heard until the end of the patience. */
  heardUntil(nowMs: number): boolean {
    return nowMs - this.sentMs >= PATIENT_MS && nowMs - this.#heardMs <= 4 * LATER_POLL_MS
  }

  /** Wait before the next poll, in milliseconds. */
  pollDelayMs(nowMs: number): number {
    return nowMs - this.sentMs < LATER_AFTER_MS ? FIRST_POLL_MS : LATER_POLL_MS
  }
}
