import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk } from '../memory/disk.ts'
import type { Change, Kept } from '../memory/kept.ts'
import { syncFolder } from '../private-file.ts'
import type { FolderLock } from './folder-lock.ts'
import { Journal } from './journal.ts'
import { begunName, journalName, type Recovered, removeJournalsBefore } from './recover.ts'
import { writeSnapshot } from './snapshot.ts'

export interface JournalDiskOptions {
  readonly folder: string
  readonly lock: FolderLock
  readonly compactBytes: number
  readonly notice: (message: string) => void
}

/** A folder with a journal of all writes since its last snapshot. */
export class JournalDisk implements Disk {
  readonly #options: JournalDiskOptions
  #journal: Journal
  #generation: number
  #sequence: number
  /** Bytes of the journal at which it is full. */
  #compactAt: number
  /** Number of the journal that is known to hold a batch. */
  #begun: number | undefined

  private constructor(options: JournalDiskOptions, recovered: Recovered, journal: Journal) {
    this.#options = options
    this.#journal = journal
    this.#generation = recovered.generation
    this.#sequence = recovered.sequence
    this.#compactAt = Math.max(options.compactBytes, recovered.snapshotBytes)
  }

  static async open(options: JournalDiskOptions, recovered: Recovered): Promise<JournalDisk> {
    const { folder } = options
    const journal = await Journal.open(join(folder, journalName(recovered.generation)), recovered.size)
    await syncFolder(folder)
    return new JournalDisk(options, recovered, journal)
  }

  get isFull(): boolean {
    return this.#journal.size >= this.#compactAt
  }

  async append(changes: readonly Change[], deferSync = false): Promise<void> {
    const isSynced = await this.#journal.append({ sequence: this.#sequence + 1, changes }, deferSync)
    this.#sequence += 1
    if (isSynced && this.#begun !== this.#generation) await this.#begin()
  }

  /** From now on a journal without a batch is a damaged one. */
  async #begin(): Promise<void> {
    const { folder, notice } = this.#options
    this.#begun = this.#generation
    await writeFile(join(folder, begunName(this.#begun)), '', { mode: 0o600 }).catch((error: unknown) => {
      notice(`${folder}: if its journal is emptied, that will not be noticed: ${String(error)}`)
    })
  }

  /**
   * Starts a new journal first, then writes the snapshot that replaces the old ones. Recovery reads the snapshot and
   * all journals from its number on, so a failure or kill at any step loses nothing. The next one comes once as many
   * bytes were written again, so that a large store does not write itself out for each few changes.
   */
  async fold(entries: ReadonlyMap<string, Kept>): Promise<void> {
    const { folder, compactBytes, notice } = this.#options
    const generation = this.#generation + 1
    let bytes = 0
    try {
      await this.#journal.seal()
      const journal = await Journal.open(join(folder, journalName(generation)), 0)
      const old = this.#journal
      this.#journal = journal
      this.#generation = generation
      await syncFolder(folder)
      await old.close()
      bytes = await writeSnapshot(folder, { generation, sequence: this.#sequence, entries })
      await removeJournalsBefore(folder, generation)
    } catch (error) {
      notice(`${folder}: the compaction failed, so all journals are kept: ${String(error)}`)
    }
    this.#compactAt = this.#journal.size + Math.max(compactBytes, bytes)
  }

  async close(): Promise<void> {
    try {
      await this.#journal.seal()
    } finally {
      await this.#journal.close()
      await this.#options.lock.release()
    }
  }
}
