import type { Change, Kept } from './kept.ts'

/** Makes the writes of a memory store outlive it. Its methods are called one at a time. */
export interface Disk {
  /** Fulfilled once all of them are durable; rejected with STORE_UNAVAILABLE where none of them is. */
  append(changes: readonly Change[]): Promise<void>
  /** Whether what was appended should be folded into a snapshot. */
  readonly isFull: boolean
  /** Never rejects: where it fails, all that was appended is still there. */
  fold(entries: ReadonlyMap<string, Kept>): Promise<void>
  close(): Promise<void>
}
