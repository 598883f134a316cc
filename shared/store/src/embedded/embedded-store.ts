import { chmod, mkdir } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { MemoryStore } from '../memory/memory-store.ts'
import { StoreError } from '../store-error.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { JournalDisk } from './journal-disk.ts'
import { recover } from './recover.ts'

const COMPACT_BYTES = 8 * 1024 * 1024

export interface EmbeddedStoreOptions {
  /** Folder of the store; created with mode 0700 if missing. */
  readonly folder: string
  /** Journal size in bytes at which a snapshot replaces it, unless the last snapshot was larger; default 8 MiB. */
  readonly compactBytes?: number
  /** Called with messages for the operator: a dropped torn write, a failed compaction. */
  readonly onNotice?: (message: string) => void
  readonly clock?: Clock
}

/**
 * The default driver. It keeps all values in memory, and writes each change to a journal on disk before it acknowledges
 * it.
 */
export class EmbeddedStore extends MemoryStore {
  /** Opens the store. Rejects with STORE_LOCKED, STORE_CORRUPT or STORE_UNAVAILABLE. */
  static async open(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const { folder, compactBytes = COMPACT_BYTES, onNotice: notice = () => undefined, clock } = options
    let lock: FolderLock | undefined
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await chmod(folder, 0o700)
      lock = await lockFolder(folder)
      const recovered = await recover(folder)
      const disk = await JournalDisk.open({ folder, lock, compactBytes, notice }, recovered)
      if (recovered.tornBytes > 0)
        notice(`${folder}: dropped ${recovered.tornBytes} bytes of a write that was never acknowledged`)
      return new EmbeddedStore(clock && { clock }, { disk, entries: recovered.entries, name: folder })
    } catch (error) {
      await lock?.release()
      if (error instanceof StoreError) throw error
      throw new StoreError('STORE_UNAVAILABLE', `cannot open ${folder}`, { cause: error })
    }
  }
}
