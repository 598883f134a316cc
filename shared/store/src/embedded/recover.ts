import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Kept, keptOf } from '../memory/kept.ts'
import { StoreError } from '../store-error.ts'
import { readJournal } from './journal.ts'
import { readSnapshot, SNAPSHOT_UNFINISHED } from './snapshot.ts'

export interface Recovered {
  readonly entries: Map<string, Kept>
  readonly sequence: number
  /** Number of the journal to append to. */
  readonly generation: number
  /** End of the last intact batch in that journal, in bytes. */
  readonly size: number
  /** Bytes at the end of that journal of a write that a crash interrupted before its acknowledgement. */
  readonly tornBytes: number
}

export function journalName(generation: number): string {
  return `journal-${generation}`
}

/**
 * Reads a folder: the snapshot, then every journal from the snapshot's number on. There is one such journal, or two
 * after a crash during a compaction. Removes journals older than the snapshot. Throws STORE_CORRUPT if an acknowledged
 * write is missing, and then changes no file.
 */
export async function recover(folder: string): Promise<Recovered> {
  const snapshot = await readSnapshot(folder)
  const first = snapshot?.generation ?? 0
  const present = journalNumbers(await readdir(folder))
  const current = present.filter((number) => number >= first)
  const entries = new Map(snapshot?.entries)
  let sequence = snapshot?.sequence ?? 0
  let size = 0
  let tornBytes = 0
  for (const [index, number] of current.entries()) {
    const path = join(folder, journalName(number))
    if (number !== first + index) throw missing(folder, first + index)
    const content = await readJournal(path, sequence)
    const isLast = index === current.length - 1
    if (content.tornBytes > 0 && !isLast)
      throw new StoreError('STORE_CORRUPT', `${path} is truncated: restore it from a backup`)
    for (const batch of content.batches) {
      sequence = batch.sequence
      for (const [key, text, expiresMs] of batch.changes) {
        if (text === undefined) entries.delete(key)
        else entries.set(key, keptOf(text, expiresMs))
      }
    }
    size = content.size
    tornBytes = content.tornBytes
  }
  if (snapshot !== undefined && current.length === 0) throw missing(folder, first)
  await removeJournalsBefore(folder, first)
  await rm(join(folder, SNAPSHOT_UNFINISHED), { force: true })
  return { entries, sequence, generation: current.at(-1) ?? 0, size, tornBytes }
}

/** Removes the journals before `generation`. The caller must have a snapshot on disk that contains them. */
export async function removeJournalsBefore(folder: string, generation: number): Promise<void> {
  for (const number of journalNumbers(await readdir(folder))) {
    if (number < generation) await rm(join(folder, journalName(number)), { force: true })
  }
}

function journalNumbers(names: readonly string[]): number[] {
  const numbers: number[] = []
  for (const name of names) {
    const match = /^journal-(\d+)$/.exec(name)
    if (match?.[1] !== undefined) numbers.push(Number(match[1]))
  }
  return numbers.sort((a, b) => a - b)
}

function missing(folder: string, number: number): StoreError {
  return new StoreError('STORE_CORRUPT', `${join(folder, journalName(number))} is missing: restore it from a backup`)
}
