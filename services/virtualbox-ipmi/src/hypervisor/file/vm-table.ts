import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Clock } from '@powerbus/turns'
import type { VmListing } from '../vm.ts'
import type { FolderContent, VmFolder } from './vm-folder.ts'
import { DELETING, DESTROYED, settled, type VmRecord } from './vm-record.ts'

/** The VMs of a folder in memory. Every change is on disk before it is visible. */
export class VmTable {
  readonly #folder: VmFolder
  readonly #clock: Pick<Clock, 'dateMs'>
  readonly #records: Map<string, VmRecord>
  readonly #unreadable: ReadonlySet<string>
  /** See `VmList`. */
  readonly problems: readonly string[]
  /** VMs whose first file is being written; their names are taken. */
  readonly #adding = new Set<VmRecord>()

  private constructor(folder: VmFolder, clock: Pick<Clock, 'dateMs'>, content: FolderContent) {
    this.#folder = folder
    this.#clock = clock
    this.#records = new Map(content.records.map((record) => [record.id, record]))
    this.#unreadable = new Set(content.unreadable)
    this.problems = content.problems
  }

  /** Finishes destructions that the end of an earlier process cut off. */
  static async load(folder: VmFolder, clock: Pick<Clock, 'dateMs'>): Promise<VmTable> {
    const table = new VmTable(folder, clock, await folder.read())
    for (const [id, { state }] of table.#records) if (state === DELETING || state === DESTROYED) await table.remove(id)
    return table
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
    const others = [...this.#records.values(), ...this.#adding]
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
    await this.#folder.remove(id)
    this.#records.delete(id)
  }

  async #put(record: VmRecord): Promise<void> {
    await this.#folder.write(record)
    this.#records.set(record.id, record)
  }
}
