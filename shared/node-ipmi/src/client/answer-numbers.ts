/**
 * The session sequence numbers of a BMC's answers. A BMC counts its own answers (§6.12.8, §13.28.4), so the numbers show how
 * many it has sent, also those that were lost. They are evidence only where they were seen to grow by one per answer.
 */
export class AnswerNumbers {
  /** Number of the last answer; -1: the last request was not answered. */
  last = -1
  /** How many answers in a row came under the next number, each to a request that was sent once. */
  steps = 0
  /** The numbers did not grow by one where they had to. */
  irregular = false
  /** When a transmission was last sent to which no answer is known. */
  uncertainSinceMs = Number.NEGATIVE_INFINITY
  #wasClean = false
  #cleanSentMs = Number.NEGATIVE_INFINITY

  /** Whether the last request was answered. */
  get isAnswered(): boolean {
    return this.last >= 0
  }

  /** Whether the next numbers will be evidence: nothing that was sent less than `settleMs` before the last request is open. */
  isEvidence(settleMs: number): boolean {
    return this.steps > 0 && !this.irregular && this.#cleanSentMs - this.uncertainSinceMs >= settleMs
  }

  /** Begins anew: for another session, or after a command whose own answer is not counted. */
  restart(): void {
    this.last = -1
    this.steps = 0
    this.irregular = false
    this.uncertainSinceMs = Number.NEGATIVE_INFINITY
    this.#wasClean = false
  }

  /** No number of this session is evidence any more: an answer may still come, at any time. */
  distrust(): void {
    this.irregular = true
  }

  /** Takes an answer. `clean`: its request was sent once. `sentMs`: when it was last sent. */
  answered(number: number, clean: boolean, sentMs: number): void {
    const isNext = number === this.last + 1
    if (clean && this.#wasClean) {
      if (isNext) this.steps++
      else this.irregular = true
    } else this.steps = 0
    if (clean) this.#cleanSentMs = sentMs
    else this.uncertainSinceMs = sentMs
    this.#wasClean = clean
    this.last = number
  }

  /** Takes a request that was given up without an answer. `sentMs`: when it was last sent. */
  unanswered(sentMs: number): void {
    this.last = -1
    this.steps = 0
    this.#wasClean = false
    this.uncertainSinceMs = sentMs
  }
}
