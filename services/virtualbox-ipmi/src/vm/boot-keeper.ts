import type { Call } from '@powerbus/plugin-sdk'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
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

/** What a VM will boot from, beside its own order. */
export interface BootChoice {
  readonly override: BootOverride | undefined
  readonly persistent: boolean
  /** The VM's order is not what it must be for that yet: it changes when the VM is off. */
  readonly pending: boolean
  /** In so many milliseconds it counts no longer if no boot has used it; absent: it does not run out. */
  readonly forMs?: number
}

/** A call that may have waited for its turn. */
export interface BootCall extends Call {
  /** When it was asked for, in milliseconds since 1970: what counted then counts for it. Absent: now. */
  readonly askedAtMs?: number
}

export interface BootKeeperOptions {
  readonly hypervisor: Hypervisor
  /** Milliseconds since 1970. */
  readonly dateMs: () => number
  /** Told what is kept with a VM whenever that is read or written. Must not throw. */
  readonly onRecord: (id: string, record: BootRecord | undefined) => void
}

/**
 * What goes before a VM's own boot order. A hypervisor changes the order only of a VM that is off, so the wish is kept with the VM (as one
 * of its texts) before anything is changed, and the order follows when it can; after a one-time boot it is set back.
 * None of this waits for the VM's turn: whoever calls has it.
 */
export class BootKeeper {
  readonly #hypervisor: Hypervisor
  readonly #options: BootKeeperOptions

  constructor(options: BootKeeperOptions) {
    this.#hypervisor = options.hypervisor
    this.#options = options
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

  /** Changes what is kept with the VM, and its order where that can be changed. The same again changes nothing. */
  async change(vm: Vm, change: BootChange, call: BootCall): Promise<void> {
    const { record, text } = await this.#read(vm, call)
    const changed = change(record ?? { base: vm.bootOrder }, vm)
    if (record || !isEmpty(changed)) await this.#keep(vm, changed, text, call)
  }

  /** First the record, then the order: killed in between, the next start sets it. */
  async #keep(vm: Vm, record: BootRecord, present: string | undefined, call: Call): Promise<void> {
    await this.#write(vm.id, record, present, call)
    const order = wantedOrder(record)
    if (canModify(vm)) {
      if (!sameOrder(vm.bootOrder, order)) await this.#hypervisor.setBootOrder(vm.id, order, call)
      if (isEmpty(record)) await this.#remove(vm.id, call)
    } else if (isEmpty(record) && sameOrder(vm.bootOrder, order)) {
      await this.#remove(vm.id, call)
    }
  }

  /** The record as it is by now, and the text that it was kept as. */
  async #read(vm: Vm, call: BootCall): Promise<{ record: BootRecord | undefined; text: string | undefined }> {
    const text = await this.#hypervisor.getExtra(vm.id, BOOT_KEY, call)
    const kept = decodeBootRecord(vm.id, text)
    this.#options.onRecord(vm.id, kept)
    return { record: kept && asSeen(kept, vm, this.#atMs(call)), text }
  }

  #atMs({ askedAtMs }: BootCall): number {
    return askedAtMs ?? this.#options.dateMs()
  }

  async #write(id: string, record: BootRecord, present: string | undefined, call: Call): Promise<void> {
    const text = encodeBootRecord(id, record)
    if (present === text) return
    await this.#hypervisor.setExtra(id, BOOT_KEY, text, call)
    this.#options.onRecord(id, record)
  }

  async #remove(id: string, call: Call): Promise<void> {
    await this.#hypervisor.setExtra(id, BOOT_KEY, undefined, call)
    this.#options.onRecord(id, undefined)
  }
}
