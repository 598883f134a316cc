/** One unchecked entry of the file. */
export interface RawEntry {
  /** Line number, from 1. */
  readonly line: number
  readonly values: Readonly<Record<string, unknown>>
  readonly params: Readonly<Record<string, unknown>>
}

export interface RawFile {
  readonly entries: readonly RawEntry[]
  readonly problems: readonly Problem[]
}

export interface Problem {
  readonly line: number
  readonly text: string
}
