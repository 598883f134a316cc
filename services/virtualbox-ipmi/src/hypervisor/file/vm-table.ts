import { PowerbusError } from '@powerbus/plugin-sdk'
import type { VmListing } from '../vm.ts'
import type { FolderContent, VmFolder } from './vm-folder.ts'
import { DELETING, DESTROYED, settled, type VmRecord } from './vm-record.ts'
import type { WallClock } from './vm-times.ts'

/** All VMs of a folder, in memory; every change is on the disk before it is seen. What is under way goes on, by the wall clock, while no process runs. */
export class VmTable {
  readonly #folder: VmFolder
  readonly #clock: WallClock
  readonly #records: Map<string, VmRecord>
  readonly #unreadable: ReadonlySet<string>
  readonly #problems: readonly string[]
  /** Those that are being written: their names are taken. */
  readonly #adding = new Set<VmRecord>()

  private constructor(folder: VmFolder, clock: WallClock, content: FolderContent) {
    this.#folder = folder
    this.#clock = clock
    this.#records = new Map(content.records.map((record) => [record.id, record]))
    this.#unreadable = new Set(content.unreadable)
    this.#problems = content.problems
  }

  /** A destruction that was under way when the last process ended is brought to its end. */
  static async load(folder: VmFolder, clock: WallClock): Promise<VmTable> {
    const table = new VmTable(folder, clock, await folder.read())
    for (const [id, { state }] of table.#records) if (state === DELETING || state === DESTROYED) await table.remove(id)
    return table
  }

  get problems(): readonly string[] {
    return this.#problems
  }

  list(): VmListing[] {
    const readable = Array.from(this.#records.values(), ({ id, name }) => ({ id, name }))
    return [...readable, ...Array.from(this.#unreadable, (id) => ({ id, name: '' }))]
  }

  isUnreadable(id: string): boolean {
    return this.#unreadable.has(id)
  }

  /** As it is now. Throws OBJECT_UNKNOWN, TARGET_STATE for a file that cannot be read. */
  get(id: string): VmRecord {
    const record = this.#records.get(id)
    if (record) return settled(record, this.#clock.dateMs())
    if (!this.#unreadable.has(id)) throw new PowerbusError('OBJECT_UNKNOWN', `There is no VM ${id}`)
    throw new PowerbusError('TARGET_STATE', `The file of VM ${id} cannot be read; mend it, or take it away`)
  }

  /** Changes a VM; the record that comes back is written, unless it is the one that was given. One change at a time for each VM. */
  async change(id: string, work: (record: VmRecord) => VmRecord): Promise<void> {
    const before = this.get(id)
    const after = work(before)
    if (after !== before) await this.#put(after)
  }

  /** Throws OBJECT_CONFLICT where its name or id is taken, if only by a file that cannot be read. */
  async add(record: VmRecord): Promise<void> {
    const others = [...this.#records.values(), ...this.#adding]
    const isTaken = others.some(({ id }) => id === record.id) || this.#unreadable.has(record.id)
    if (isTaken) throw new PowerbusError('OBJECT_CONFLICT', `There is a VM ${record.id} already`)
    const namesake = others.find(({ name }) => name === record.name)
    if (namesake) throw new PowerbusError('OBJECT_CONFLICT', `There is a VM of that name already: ${namesake.id}`)
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
