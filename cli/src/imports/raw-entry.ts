/** One unchecked entry of the file. */
export interface RawEntry {
  /** Line number, from 1. */
  readonly line: number
  readonly values: Readonly<Record<string, unknown>>
  readonly params: Readonly<Record<string, unknown>>
}

/** Notes a problem with the line that has it. */
export type Complain = (line: number, problem: string) => void
