import type { Call } from '@powerbus/plugin-sdk'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import { isOff, type Vm } from '../hypervisor/vm.ts'
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
}

/**
 * What goes before a VM's own boot order. A hypervisor changes the order only of a VM that is off, so the wish is kept with the VM (as one
 * of its texts) before anything is changed, and the order follows when it can; after a one-time boot it is set back.
 * None of this waits for the VM's turn: whoever calls has it.
 */
export class BootKeeper {
  readonly #hypervisor: Hypervisor

  constructor(hypervisor: Hypervisor) {
    this.#hypervisor = hypervisor
  }

  async choice(vm: Vm, call: Call): Promise<BootChoice> {
    const { record } = await this.#read(vm, call)
    if (record === undefined) return { override: undefined, persistent: false, pending: false }
    const once = record.once && !isUsed(record, vm) ? record.once : undefined
    return {
      override: once ?? record.persistent,
      persistent: once === undefined && record.persistent !== undefined,
      pending: !sameOrder(vm.bootOrder, wantedOrder(asSeen(record, vm))),
    }
  }

  /** The VM boots from it next time, or each time; the same again changes nothing. */
  async set(vm: Vm, override: BootOverride, persistent: boolean, call: Call): Promise<void> {
    const { record, text } = await this.#read(vm, call)
    const { once: _, ...kept } = record ?? { base: vm.bootOrder }
    const once = canModify(vm) ? override : { ...override, whileOn: true as const }
    await this.#keep(vm, persistent ? { ...kept, persistent: override } : { ...kept, once }, text, call)
  }

  /** Takes back what was set for the next boot, and where `all`, what was set for each. */
  async clear(vm: Vm, all: boolean, call: Call): Promise<void> {
    const { record, text } = await this.#read(vm, call)
    if (record === undefined) return
    const { once, persistent, base } = record
    const used = once && isUsed(record, vm) ? { once: { ...once, used: true as const } } : {}
    await this.#keep(vm, { base, ...(persistent && !all && { persistent }), ...used }, text, call)
  }

  /** Before a start: the order is what it must be for this boot. */
  async beforeStart(vm: Vm, call: Call): Promise<void> {
    if (!canModify(vm)) return
    const { record, text } = await this.#read(vm, call)
    if (record) await this.#keep(vm, asSeen(record, vm), text, call)
  }

  /** After a start, or whenever the VM is seen: what counted once and was used goes, and the order is set back when it can be. */
  async seen(vm: Vm, started: boolean, call: Call): Promise<void> {
    const { record, text } = await this.#read(vm, call)
    if (record === undefined) return
    if (canModify(vm)) {
      await this.#keep(vm, asSeen(record, vm), text, call)
      return
    }
    if (!record.once || record.once.used || (!started && !isUsed(record, vm))) return
    await this.#write(vm.id, { ...record, once: { ...record.once, used: true } }, text, call)
  }

  /** First the record, then the order: killed in between, the next start sets it. */
  async #keep(vm: Vm, record: BootRecord, present: string | undefined, call: Call): Promise<void> {
    await this.#write(vm.id, record, present, call)
    const order = wantedOrder(record)
    if (canModify(vm)) {
      if (!sameOrder(vm.bootOrder, order)) await this.#hypervisor.setBootOrder(vm.id, order, call)
      if (isEmpty(record)) await this.#hypervisor.setExtra(vm.id, BOOT_KEY, undefined, call)
    } else if (isEmpty(record) && sameOrder(vm.bootOrder, order)) {
      await this.#hypervisor.setExtra(vm.id, BOOT_KEY, undefined, call)
    }
  }

  /** The record, and the text that it was kept as. */
  async #read(vm: Vm, call: Call): Promise<{ record: BootRecord | undefined; text: string | undefined }> {
    const text = await this.#hypervisor.getExtra(vm.id, BOOT_KEY, call)
    return { record: decodeBootRecord(vm.id, text), text }
  }

  async #write(id: string, record: BootRecord, present: string | undefined, call: Call): Promise<void> {
    const text = encodeBootRecord(id, record)
    if (present !== text) await this.#hypervisor.setExtra(id, BOOT_KEY, text, call)
  }
}

/** The record with what it and the VM's state tell: off after the boot that counted, it counts no longer. */
function asSeen(record: BootRecord, vm: Vm): BootRecord {
  const { once, ...rest } = record
  if (!once) return record
  const { device, efi, used } = once
  if (canModify(vm)) return used ? rest : { ...rest, once: { device, efi } }
  return isUsed(record, vm) ? { ...rest, once: { ...once, used: true } } : record
}

/**
 * Whether the boot that counts once has been: it is written down; or the VM is on and has that order, which cannot change while it
 * is on, so that it booted with it (a process that was killed did not come to writing it down).
 */
function isUsed(record: BootRecord, vm: Vm): boolean {
  if (!record.once || record.once.used) return true
  if (record.once.whileOn) return false
  const { once: _, ...rest } = record
  const wanted = wantedOrder(record)
  return !isOff(vm.state) && sameOrder(vm.bootOrder, wanted) && !sameOrder(wanted, wantedOrder(rest))
}
