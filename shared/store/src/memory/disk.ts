import type { Change, Kept } from './kept.ts'

/** Makes the writes of a memory store durable. The store calls its methods one at a time. */
export interface Disk {
  /**
   * Resolves when all changes are durable, or with `deferSync` when they survive a kill of the process. Rejects with
   * STORE_UNAVAILABLE if none is.
   */
  append(changes: readonly Change[], deferSync?: boolean): Promise<void>
  /** Whether a snapshot should replace the appended changes. */
  readonly isFull: boolean
  /** Writes a snapshot. Never rejects: after a failure all appended changes are still there. */
  fold(entries: ReadonlyMap<string, Kept>): Promise<void>
  close(): Promise<void>
}
