import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Deadline } from '../calls.ts'
import { Turns } from '../turns.ts'
import type { VmListing } from '../vm.ts'
import type { FolderContent, VmFolder } from './vm-folder.ts'
import { DELETING, DESTROYED, settled, type VmRecord } from './vm-record.ts'
import type { WallClock } from './vm-times.ts'

const CREATION = 'the making of VMs'

/** All VMs of a folder, in memory; every change is on the disk before it is seen. */
export class VmTable {
  readonly #folder: VmFolder
  readonly #clock: WallClock
  readonly #records: Map<string, VmRecord>
  readonly #unreadable: ReadonlySet<string>
  readonly #problems: readonly string[]
  readonly #turns = new Turns()

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
    for (const [id, { state }] of table.#records) if (state === DELETING || state === DESTROYED) await table.#drop(id)
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
    if (record) return settled(record, this.#clock.nowMs())
    if (!this.#unreadable.has(id)) throw new PowerbusError('OBJECT_UNKNOWN', `There is no VM ${id}`)
    throw new PowerbusError('TARGET_STATE', `The file of VM ${id} cannot be read; mend it, or take it away`)
  }

  /** Changes a VM in its turn; the record that comes back is written, unless it is the one that was given. */
  async change(id: string, deadline: Deadline, work: (record: VmRecord) => VmRecord): Promise<VmRecord> {
    return await this.#turns.run(`VM ${id}`, deadline, async () => {
      const before = this.get(id)
      const after = work(before)
      if (after !== before) await this.#put(after)
      return after
    })
  }

  /** Throws OBJECT_CONFLICT where its name or id is taken, if only by a file that cannot be read. */
  async add(record: VmRecord, deadline: Deadline): Promise<void> {
    await this.#turns.run(CREATION, deadline, async () => {
      const isTaken = this.#records.has(record.id) || this.#unreadable.has(record.id)
      if (isTaken) throw new PowerbusError('OBJECT_CONFLICT', `There is a VM ${record.id} already`)
      for (const { name, id } of this.#records.values()) {
        if (name === record.name)
          throw new PowerbusError('OBJECT_CONFLICT', `There is a VM of that name already: ${id}`)
      }
      await this.#put(record)
    })
  }

  async remove(id: string, deadline: Deadline): Promise<void> {
    await this.#turns.run(`VM ${id}`, deadline, () => this.#drop(id))
  }

  async #put(record: VmRecord): Promise<void> {
    await this.#folder.write(record)
    this.#records.set(record.id, record)
  }

  async #drop(id: string): Promise<void> {
    await this.#folder.remove(id)
    this.#records.delete(id)
  }
}
