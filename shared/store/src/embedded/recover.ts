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
  /** Bytes of the snapshot; 0 where there is none. */
  readonly snapshotBytes: number
}

const BEGUN = '.begun'

export function journalName(generation: number): string {
  return `journal-${generation}`
}

/** An empty file, made once that journal holds a synced batch. */
export function begunName(generation: number): string {
  return journalName(generation) + BEGUN
}

/**
 * Reads a folder: the snapshot, then every journal from the snapshot's number on. There is one such journal, or two
 * after a crash during a compaction. Removes journals older than the snapshot. Throws STORE_CORRUPT if an acknowledged
 * write is missing, or a journal that held one holds none, and then changes no file.
 */
export async function recover(folder: string): Promise<Recovered> {
  const snapshot = await readSnapshot(folder)
  const first = snapshot?.generation ?? 0
  const names = await readdir(folder)
  const present = journalNumbers(names)
  const begun = new Set(journalNumbers(names, BEGUN))
  const current = present.filter((number) => number >= first)
  const entries = new Map(snapshot?.entries)
  let sequence = snapshot?.sequence ?? 0
  let size = 0
  let tornBytes = 0
  for (const [index, number] of current.entries()) {
    const path = join(folder, journalName(number))
    if (number !== first + index) throw missing(folder, first + index)
    const content = await readJournal(path, sequence)
    if (content.batches.length === 0 && begun.has(number)) {
      const text = `${path} was emptied, and acknowledged writes were in it`
      throw new StoreError(
        'STORE_CORRUPT',
        `${text}: restore it from a backup, or move its folder away to start without it`,
      )
    }
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
  const snapshotBytes = snapshot?.size ?? 0
  return { entries, sequence, generation: current.at(-1) ?? 0, size, tornBytes, snapshotBytes }
}

/** Removes the journals before `generation`. The caller must have a snapshot on disk that contains them. */
export async function removeJournalsBefore(folder: string, generation: number): Promise<void> {
  const names = await readdir(folder)
  for (const [ending, nameOf] of [
    ['', journalName],
    [BEGUN, begunName],
  ] as const) {
    for (const number of journalNumbers(names, ending)) {
      if (number < generation) await rm(join(folder, nameOf(number)), { force: true })
    }
  }
}

/** Numbers of the files `journal-NUMBER`, followed by `ending`. */
function journalNumbers(names: readonly string[], ending = ''): number[] {
  const numbers = names.flatMap((name) => {
    const [, number, rest] = /^journal-(\d+)(.*)$/.exec(name) ?? []
    return number !== undefined && rest === ending ? [Number(number)] : []
  })
  return numbers.sort((a, b) => a - b)
}

function missing(folder: string, number: number): StoreError {
  return new StoreError('STORE_CORRUPT', `${join(folder, journalName(number))} is missing: restore it from a backup`)
}
