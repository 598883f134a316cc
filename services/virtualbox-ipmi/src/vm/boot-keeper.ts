import type { Call } from '@powerbus/plugin-sdk'
import type { Vm } from '../hypervisor/vm.ts'
import { asSeen, type BootChange } from './boot-changes.ts'
import { sameOrder } from './boot-order.ts'
import {
  BOOT_KEY,
  type BootOverride,
  type BootRecord,
  decodeBootRecord,
  encodeBootRecord,
  isEmpty,
  wantedOrder,
} from './boot-record.ts'
import { canModify } from './power-state.ts'
import type { VmContext } from './vm-context.ts'

/** The override that the VM's next boot uses. */
export interface BootChoice {
  readonly override: BootOverride | undefined
  readonly persistent: boolean
  /** The VM's boot order does not match yet, and changes when the VM is off. */
  readonly pending: boolean
  /** Milliseconds until an unused override expires; absent: never. */
  readonly forMs?: number
}

/** A call that may have waited for its turn. */
export interface BootCall extends Call {
  /** When it was requested, in milliseconds since 1970; an override in force then applies to it. Absent: now. */
  readonly askedAtMs?: number
}

/**
 * Keeps the overrides of VMs' boot orders. A hypervisor changes the order only of a VM that is off. So the record is
 * written with the VM first, and the order follows when it can; after a one-time boot the VM's own order is restored.
 * Callers have the VM's turn.
 */
export class BootKeeper {
  readonly #context: VmContext
  readonly #onRecord: (id: string, record: BootRecord | undefined) => void

  /** `onRecord`: called with a VM's record whenever it is read or written. Must not throw. */
  constructor(context: VmContext, onRecord: (id: string, record: BootRecord | undefined) => void) {
    this.#context = context
    this.#onRecord = onRecord
  }

  async choice(vm: Vm, call: BootCall): Promise<BootChoice> {
    const { record } = await this.#read(vm, call)
    if (record === undefined) return { override: undefined, persistent: false, pending: false }
    const once = record.once?.used ? undefined : record.once
    const override = once ?? record.persistent
    return {
      override,
      persistent: once === undefined && override !== undefined,
      pending: !sameOrder(vm.bootOrder, wantedOrder(record)),
      ...(override?.endsAtMs !== undefined && { forMs: override.endsAtMs - this.#atMs(call) }),
    }
  }

  /**
   * Changes the record, and the boot order where it can be changed. A repeat changes nothing. The record is written
   * before the order, so that the next start of the VM repairs what a kill cut off in between.
   */
  async change(vm: Vm, change: BootChange, call: BootCall): Promise<void> {
    const { record: present, text: presentText } = await this.#read(vm, call)
    const record = change(present ?? { base: vm.bootOrder }, vm)
    if (!present && isEmpty(record)) return
    const text = encodeBootRecord(vm.id, record)
    if (text !== presentText) await this.#write(vm.id, record, text, call)
    const order = wantedOrder(record)
    const isInOrder = sameOrder(vm.bootOrder, order)
    if (canModify(vm) && !isInOrder) await this.#context.hypervisor.setBootOrder(vm.id, order, call)
    if (isEmpty(record) && (canModify(vm) || isInOrder)) await this.#write(vm.id, undefined, undefined, call)
  }

  /** The record as of now (`asSeen`), and its stored text. */
  async #read(vm: Vm, call: BootCall): Promise<{ record: BootRecord | undefined; text: string | undefined }> {
    const text = await this.#context.hypervisor.getExtra(vm.id, BOOT_KEY, call)
    const kept = decodeBootRecord(vm.id, text)
    this.#onRecord(vm.id, kept)
    return { record: kept && asSeen(kept, vm, this.#atMs(call)), text }
  }

  #atMs({ askedAtMs }: BootCall): number {
    return askedAtMs ?? this.#context.clock.dateMs()
  }

  async #write(id: string, record: BootRecord | undefined, text: string | undefined, call: Call): Promise<void> {
    await this.#context.hypervisor.setExtra(id, BOOT_KEY, text, call)
    this.#onRecord(id, record)
  }
}
