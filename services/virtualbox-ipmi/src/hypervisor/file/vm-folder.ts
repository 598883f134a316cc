import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PowerbusError } from '@powerbus/plugin-sdk'
import { type FolderLock, lockFolder, StoreError, writePrivateFile } from '@powerbus/store'
import type { Clock } from '@powerbus/turns'
import type { Vm, VmListing } from '../vm.ts'
import { DELETING, DESTROYED, readRecord, settled, type VmRecord, writeRecord } from './vm-record.ts'

const FILE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/
/** A write of `writePrivateFile` that was cut off. */
const CUT_OFF = /\.json\.[0-9a-f]{12}$/
/** Files of `lockFolder`. */
const LOCK = /^lock(\.|$)/

/** A folder with one file per VM, kept in memory too. Every change is on disk before it is visible. */
export class VmFolder {
  readonly #folder: string
  readonly #lock: FolderLock
  readonly #clock: Pick<Clock, 'dateMs'>
  readonly #records = new Map<string, VmRecord>()
  /** Ids, upper case, of files with the name of a VM that cannot be read. */
  readonly #unreadable = new Set<string>()
  /** VMs whose first file is being written; their names are taken. */
  readonly #adding = new Set<VmRecord>()
  /** See `VmList`: one text per file that is not a VM. Such files are never changed. */
  readonly problems: string[] = []

  private constructor(folder: string, lock: FolderLock, clock: Pick<Clock, 'dateMs'>) {
    this.#folder = folder
    this.#lock = lock
    this.#clock = clock
  }

  /**
   * Makes the folder where missing, locks it, and finishes destructions that the end of an earlier process cut off.
   * Throws TARGET_BUSY where another process has the lock, TARGET_UNREACHABLE.
   */
  static async open(folder: string, clock: Pick<Clock, 'dateMs'>): Promise<VmFolder> {
    const lock = await locked(folder)
    const opened = new VmFolder(folder, lock, clock)
    try {
      await opened.#load()
      return opened
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  list(): VmListing[] {
    const readable = Array.from(this.#records.values(), ({ id, name }) => ({ id, name }))
    return [...readable, ...Array.from(this.#unreadable, (id) => ({ id, name: '' }))]
  }

  isUnreadable(id: string): boolean {
    return this.#unreadable.has(id)
  }

  /** The VM in its present state. Throws OBJECT_UNKNOWN, and TARGET_STATE for a file that cannot be read. */
  get(id: string): VmRecord {
    const record = this.#records.get(id)
    if (record) return settled(record, this.#clock.dateMs())
    if (!this.#unreadable.has(id)) throw new PowerbusError('OBJECT_UNKNOWN', `There is no VM ${id}`)
    throw new PowerbusError('TARGET_STATE', `The file of VM ${id} cannot be read; repair or remove it`)
  }

  /** Writes the record that `work` returns, unless it is the same. Callers make one change at a time per VM. */
  async change(id: string, work: (record: VmRecord) => VmRecord): Promise<void> {
    const before = this.get(id)
    const after = work(before)
    if (after !== before) await this.#put(after)
  }

  /** Throws OBJECT_CONFLICT where the name or id is taken, also by a file that cannot be read. */
  async add(record: VmRecord): Promise<void> {
    const others: Vm[] = [...this.#records.values(), ...this.#adding]
    const isTaken = others.some(({ id }) => id === record.id) || this.#unreadable.has(record.id)
    if (isTaken) throw new PowerbusError('OBJECT_CONFLICT', `VM ${record.id} exists already; choose another id`)
    const namesake = others.find(({ name }) => name === record.name)
    if (namesake)
      throw new PowerbusError('OBJECT_CONFLICT', `VM ${namesake.id} has that name already; choose another name`)
    this.#adding.add(record)
    try {
      await this.#put(record)
    } finally {
      this.#adding.delete(record)
    }
  }

  async remove(id: string): Promise<void> {
    await this.#onDisk('remove', id, (path) => rm(path, { force: true }))
    this.#records.delete(id)
  }

  async close(): Promise<void> {
    await this.#lock.release()
  }

  async #load(): Promise<void> {
    for (const name of (await readdir(this.#folder)).sort()) if (!LOCK.test(name)) await this.#read(name)
    for (const [id, { state }] of this.#records) if (state === DELETING || state === DESTROYED) await this.remove(id)
  }

  async #read(name: string): Promise<void> {
    const path = join(this.#folder, name)
    if (CUT_OFF.test(name)) return await rm(path, { force: true })
    const id = FILE.exec(name)?.[1]?.toUpperCase()
    try {
      if (id === undefined) throw new Error('not the file of a VM')
      const record = readRecord(await readFile(path, 'utf8'))
      if (record.id !== id) throw new Error(`it holds VM ${record.id}`)
      this.#records.set(id, record)
    } catch (error) {
      this.problems.push(`${path}: ${error instanceof Error ? error.message : error}`)
      if (id !== undefined) this.#unreadable.add(id)
    }
  }

  async #put(record: VmRecord): Promise<void> {
    await this.#onDisk('write', record.id, (path) => writePrivateFile(path, writeRecord(record)))
    this.#records.set(record.id, record)
  }

  async #onDisk(what: string, id: string, work: (path: string) => Promise<void>): Promise<void> {
    const path = join(this.#folder, `${id.toLowerCase()}.json`)
    await work(path).catch((cause: unknown) => {
      throw new PowerbusError('TARGET_UNREACHABLE', `Cannot ${what} ${path}: ${String(cause)}`, { cause })
    })
  }
}

async function locked(folder: string): Promise<FolderLock> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await lockFolder(folder)
  } catch (cause) {
    const isTaken = cause instanceof StoreError && cause.code === 'STORE_LOCKED'
    const text = isTaken ? 'in use by another process; stop that one first' : `not usable for VMs: ${String(cause)}`
    const code = isTaken ? 'TARGET_BUSY' : 'TARGET_UNREACHABLE'
    throw new PowerbusError(code, `The folder ${folder} is ${text}`, { cause })
  }
}
