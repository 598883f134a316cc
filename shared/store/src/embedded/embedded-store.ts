import { chmod, mkdir } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { MemoryStore } from '../memory/memory-store.ts'
import { StoreError } from '../store-error.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { JournalDisk } from './journal-disk.ts'
import { recover } from './recover.ts'

const COMPACT_BYTES = 8 * 1024 * 1024

export interface EmbeddedStoreOptions {
  /** Made where it is missing, with mode 0700. */
  readonly folder: string
  /** Journal size in bytes from which it is folded into a snapshot; 8 MiB where absent. */
  readonly compactBytes?: number
  /** Told of what an operator should know: a torn write that was dropped, a compaction that failed. */
  readonly onNotice?: (message: string) => void
  readonly clock?: Clock
}

/** The default driver: all values in memory, every write in a journal on disk before it is acknowledged. */
export class EmbeddedStore extends MemoryStore {
  /** Throws STORE_LOCKED, STORE_CORRUPT or STORE_UNAVAILABLE. */
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
