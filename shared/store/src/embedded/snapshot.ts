import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type Kept, keptOf } from '../memory/kept.ts'
import { readFileIfThere, syncFolder } from '../private-file.ts'
import { StoreError } from '../store-error.ts'
import { decodeRecord, encodeRecord } from './record.ts'

const ENTRIES_PER_RECORD = 256

type StoredEntry = readonly [key: string, text: string, expiresMs?: number]

/** The content of the store before the first batch of journal number `generation`. */
export interface Snapshot {
  readonly generation: number
  /** Sequence of the last batch that the snapshot contains. */
  readonly sequence: number
  readonly entries: ReadonlyMap<string, Kept>
}

export interface ReadSnapshot extends Snapshot {
  /** Bytes of its file. */
  readonly size: number
}

export const SNAPSHOT_NAME = 'snapshot'
export const SNAPSHOT_UNFINISHED = 'snapshot.new'

/** Replaces the snapshot atomically: at every moment either the old or the new file is complete. Returns its bytes. */
export async function writeSnapshot(folder: string, snapshot: Snapshot): Promise<number> {
  const unfinished = join(folder, SNAPSHOT_UNFINISHED)
  const file = await open(unfinished, 'w', 0o600)
  let bytes = 0
  const write = async (payload: unknown) => {
    const record = encodeRecord(payload)
    bytes += record.length
    await file.writeFile(record)
  }
  try {
    await write([snapshot.generation, snapshot.sequence, snapshot.entries.size])
    let part: StoredEntry[] = []
    for (const [key, { text, expiresMs }] of snapshot.entries) {
      part.push(expiresMs === undefined ? [key, text] : [key, text, expiresMs])
      if (part.length < ENTRIES_PER_RECORD) continue
      await write(part)
      part = []
    }
    if (part.length > 0) await write(part)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, join(folder, SNAPSHOT_NAME))
  await syncFolder(folder)
  return bytes
}

/** Reads the snapshot; undefined if there is none. Throws STORE_CORRUPT if it is damaged or incomplete. */
export async function readSnapshot(folder: string): Promise<ReadSnapshot | undefined> {
  const path = join(folder, SNAPSHOT_NAME)
  const bytes = await readFileIfThere(path)
  if (bytes === undefined) return undefined
  const head = decodeRecord(bytes, 0)
  if (head === undefined) throw corrupt(path)
  const [generation, sequence, count] = head.payload as [number, number, number]
  const entries = new Map<string, Kept>()
  let offset = head.end
  while (offset < bytes.length) {
    const part = decodeRecord(bytes, offset)
    if (part === undefined) throw corrupt(path)
    for (const [key, text, expiresMs] of part.payload as StoredEntry[]) entries.set(key, keptOf(text, expiresMs))
    offset = part.end
  }
  if (entries.size !== count) throw corrupt(path)
  return { generation, sequence, entries, size: bytes.length }
}

function corrupt(path: string): StoreError {
  return new StoreError('STORE_CORRUPT', `${path} is damaged: restore it from a backup`)
}
