/** Longest wait without any answer of the BMC, in milliseconds. */
export const SILENT_MS = 5000
/** How long answers without a gap are taken for "may still come": some BMCs answer a command after 8 s. */
export const PATIENT_MS = 10_000

/** How far apart polls are: an off interval of a second must not fall between two. */
const FIRST_POLL_MS = 200
const LATER_POLL_MS = 500
const LATER_AFTER_MS = 3000

/** Numbers that fell by so much have wrapped at 2^32; some BMCs then count 0, and some do not. */
const WRAPPED = 2 ** 31
/** An unanswered poll may be answered late for so long, in milliseconds. */
const LATE_MS = 2000

/**
 * `answered`: the BMC answered the command. `not-answered-yet`: what it answered is known, and the command is not among it.
 * `ambiguous`: neither can be told.
 */
export type Evidence = 'answered' | 'not-answered-yet' | 'ambiguous'

/**
 * What is known of a command that was sent once and whose answer has not come. The BMC is polled in the same session, each
 * poll under a new rqSeq, and the numbers of its answers are counted from one to the next: `lost` answers did not arrive, and
 * `open` polls are unanswered. None lost: the command is not answered yet. One more than the open polls: it is answered. In
 * between it may be either; but once it was certainly not answered, lost answers are taken for those of the open polls that
 * were sent since: the command's own late answer would have to get lost together with the request of one of these.
 *
 * The first poll leaves a mark: it lowers the session's privilege level. Where its answer is lost, the next polls read the
 * level, which shows whether the first was executed, and so was answered.
 */
export class OnceWatch {
  /** When the command left. */
  sentMs: number
  /** The command is answered, by evidence other than the numbers. */
  shown = false
  /** Number of the answer that is counted from; undefined where the BMC's numbers are no evidence. */
  #from: number | undefined
  #last: number
  /** Answers that arrived since. */
  #arrived = 0
  readonly #open = new Map<number, number>()
  /** When it was last certain that the command was not answered; Infinity: it never was. */
  #certainMs = Number.POSITIVE_INFINITY
  #heardMs: number
  readonly #canMark: boolean
  /** rqSeq of the poll that leaves the mark; -1: none was sent. */
  #marker = -1
  #isMarkerRead = false

  /** `from`: number of the BMC's last answer before the command. `canMark`: a poll can leave the mark. */
  constructor(sentMs: number, from: number | undefined, canMark: boolean) {
    this.sentMs = sentMs
    this.#canMark = canMark
    this.#from = from
    this.#last = from ?? 0
    this.#heardMs = sentMs
  }

  /** A poll is sent. */
  polled(sequence: number, nowMs: number): void {
    this.#open.set(sequence, nowMs)
  }

  /** What the next poll does: leave the mark, read it, or look at the power state. */
  get nextPoll(): 'mark' | 'read-mark' | 'look' {
    if (this.#marker < 0) return this.#canMark ? 'mark' : 'look'
    return this.#isMarkerRead || !this.#open.has(this.#marker) ? 'look' : 'read-mark'
  }

  /** The poll that leaves the mark is sent. */
  marked(sequence: number, nowMs: number): void {
    this.#marker = sequence
    this.polled(sequence, nowMs)
  }

  /** The mark is read. `isLeft` undefined: the BMC does not say. */
  markRead(isLeft: boolean | undefined): void {
    this.#isMarkerRead = true
    if (isLeft === undefined || !this.#open.delete(this.#marker)) return
    if (isLeft) this.#arrived++
  }

  get hasOpenPolls(): boolean {
    return this.#open.size > 0
  }

  isOpen(sequence: number): boolean {
    return this.#open.has(sequence)
  }

  /** A poll is answered, late or not. */
  pollAnswered(sequence: number, number: number, nowMs: number): void {
    this.#open.delete(sequence)
    this.#heardMs = nowMs
    this.#count(number)
  }

  /** Close Session is answered: the last answer of the session. */
  closeAnswered(number: number): void {
    this.#count(number)
  }

  /** An answer that belongs neither to the command nor to an open poll: an earlier request's, or a second one to a poll. */
  strangerAnswered(number: number): void {
    this.#count(number)
  }

  #count(number: number): void {
    if (this.#from === undefined) return
    if (number < this.#from - WRAPPED) this.#from = undefined
    if (this.#from === undefined || number <= this.#from) return
    this.#arrived++
    if (number > this.#last) this.#last = number
  }

  /** What the numbers show by now. */
  evidence(nowMs: number): Evidence {
    if (this.shown) return 'answered'
    if (this.#from === undefined) return 'ambiguous'
    const lost = this.#last - this.#from - this.#arrived
    const open = this.#open.size
    if (lost === open + 1) return 'answered'
    if (lost > 0 && lost > this.#openSinceCertain()) return 'ambiguous'
    if (this.#arrived > 0) this.#countFrom(this.#last, nowMs)
    return this.#certainMs <= nowMs ? 'not-answered-yet' : 'ambiguous'
  }

  #openSinceCertain(): number {
    let count = 0
    for (const sentMs of this.#open.values()) if (sentMs >= this.#certainMs) count++
    return count
  }

  #countFrom(number: number, nowMs: number): void {
    this.#certainMs = nowMs
    this.#from = number
    this.#arrived = 0
    for (const [sequence, sentMs] of this.#open) if (nowMs - sentMs > LATE_MS) this.#open.delete(sequence)
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
