import { CompletionCode } from '../../spec/completion-code.ts'
import { completionCodeOf } from '../patiently.ts'

/** Codes by which BMCs say that an answer would not fit. §5.2. */
const tooLong: ReadonlySet<number> = new Set([
  CompletionCode.CannotReturnBytes,
  CompletionCode.LengthExceeded,
  CompletionCode.InvalidLength,
  CompletionCode.ParameterOutOfRange,
  CompletionCode.Unspecified,
])

/** How many bytes are asked for at a time: BMCs have small buffers, and refuse what is longer. §33.12, §34.2. */
export class PartLength {
  readonly #smallest: number
  #bytes: number

  /** `first` is `smallest` times a power of two. */
  constructor(first: number, smallest: number) {
    this.#bytes = first
    this.#smallest = smallest
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Halves it if the error says that the answer did not fit. False if it says something else, or less is no use. */
  shrinkAfter(error: unknown): boolean {
    const code = completionCodeOf(error)
    if (code === undefined || !tooLong.has(code) || this.#bytes <= this.#smallest) return false
    this.#bytes /= 2
    return true
  }
}
