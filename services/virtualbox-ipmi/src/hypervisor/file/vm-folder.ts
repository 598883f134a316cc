import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { type FolderLock, lockFolder, StoreError } from '@powerbus/store'
import { readRecord, type VmRecord, writeRecord } from './vm-record.ts'

const FILE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/
const UNFINISHED = '.new'
/** Files of `lockFolder`. */
const LOCK = /^lock(\.|$)/
const READS_AT_A_TIME = 64

export interface FolderContent {
  readonly records: readonly VmRecord[]
  /** Ids, upper case, of files with the name of a VM that cannot be read. */
  readonly unreadable: readonly string[]
  /** One text per file that is not a VM. Such files are never changed. */
  readonly problems: readonly string[]
}

/** A folder with one file per VM. Files are written atomically. */
export class VmFolder {
  readonly #folder: string
  readonly #lock: FolderLock

  private constructor(folder: string, lock: FolderLock) {
    this.#folder = folder
    this.#lock = lock
  }

  /**
   * Makes the folder where missing, and locks it. Throws TARGET_BUSY where another process has the lock,
   * TARGET_UNREACHABLE.
   */
  static async open(folder: string): Promise<VmFolder> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return new VmFolder(folder, await lockFolder(folder))
    } catch (cause) {
      const isTaken = cause instanceof StoreError && cause.code === 'STORE_LOCKED'
      const text = isTaken ? 'in use by another process; stop that one first' : `not usable for VMs: ${String(cause)}`
      const code = isTaken ? 'TARGET_BUSY' : 'TARGET_UNREACHABLE'
      throw new PowerbusError(code, `The folder ${folder} is ${text}`, { cause })
    }
  }

  async read(): Promise<FolderContent> {
    const found = { records: [] as VmRecord[], unreadable: [] as string[], problems: [] as string[] }
    const names = (await readdir(this.#folder)).filter((name) => !LOCK.test(name)).sort()
    for (let at = 0; at < names.length; at += READS_AT_A_TIME) {
      const group = names.slice(at, at + READS_AT_A_TIME)
      const read = await Promise.all(group.map((name) => this.#readFile(name)))
      for (const [index, result] of read.entries()) {
        const name = group[index] ?? ''
        if (typeof result !== 'string') {
          found.records.push(result)
          continue
        }
        found.problems.push(`${join(this.#folder, name)}: ${result}`)
        const id = FILE.exec(name)?.[1]
        if (id !== undefined) found.unreadable.push(id.toUpperCase())
      }
    }
    return found
  }

  /** Resolves when the file is on disk; a kill before that leaves the old file. Throws TARGET_UNREACHABLE. */
  async write(record: VmRecord): Promise<void> {
    const path = this.#path(record.id)
    const unfinished = `${path}${UNFINISHED}`
    await this.#attempt(`write ${path}`, async () => {
      const file = await open(unfinished, 'w', 0o600)
      try {
        await file.writeFile(writeRecord(record))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, path)
      await this.#sync()
    })
  }

  async remove(id: string): Promise<void> {
    await this.#attempt(`remove ${this.#path(id)}`, async () => {
      await rm(this.#path(id), { force: true })
      await this.#sync()
    })
  }

  async close(): Promise<void> {
    await this.#lock.release()
  }

  async #readFile(name: string): Promise<VmRecord | string> {
    const id = FILE.exec(name)?.[1]
    if (id === undefined)
      return name.endsWith(UNFINISHED) ? 'left by a write that was cut off; it is ignored' : 'not the file of a VM'
    try {
      const record = readRecord(await readFile(join(this.#folder, name), 'utf8'))
      return typeof record !== 'string' && record.id !== id.toUpperCase() ? `it holds VM ${record.id}` : record
    } catch (error) {
      return `cannot be read: ${String(error)}`
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id.toLowerCase()}.json`)
  }

  /** A rename is on disk when its folder is. */
  async #sync(): Promise<void> {
    const folder = await open(this.#folder, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      throw new PowerbusError('TARGET_UNREACHABLE', `Cannot ${what}: ${String(cause)}`, { cause })
    }
  }
}
