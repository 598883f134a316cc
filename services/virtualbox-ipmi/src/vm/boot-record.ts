import type { BootDevice } from '../hypervisor/vm.ts'
import { type OverrideDevice, withFirst } from './boot-order.ts'

/** A boot device that goes before the VM's own order. */
export interface BootOverride {
  readonly device: OverrideDevice
  /** As requested. The VM boots by its own firmware either way. */
  readonly efi: boolean
  /** When an unused override expires, in milliseconds since 1970, as a BMC's boot flags do. Absent: never. */
  readonly endsAtMs?: number | undefined
}

/** An override for the next boot. */
export interface OnceOverride extends BootOverride {
  /** The VM has booted by it, and it is no longer in force. */
  readonly used?: true | undefined
  /** It was set while the VM was on, and the VM has not been seen off since. */
  readonly whileOn?: true | undefined
}

/** The text kept with a VM while an override is in force. */
export interface BootRecord {
  /** The VM's own order, which is restored when no override is left. */
  readonly base: readonly BootDevice[]
  /** For all boots until changed. */
  readonly persistent?: BootOverride | undefined
  /** For the next boot. */
  readonly once?: OnceOverride | undefined
}

/** Key of the text kept with a VM. */
export const BOOT_KEY = 'powerbus/boot'

/** The order that the VM needs for its next boot. */
export function wantedOrder({ base, persistent, once }: BootRecord): readonly BootDevice[] {
  const own = persistent ? withFirst(persistent.device, base) : base
  return once && !once.used ? withFirst(once.device, own) : own
}

/** Whether no override is left. */
export function isEmpty({ persistent, once }: BootRecord): boolean {
  return persistent === undefined && once === undefined
}

export function encodeBootRecord(vmId: string, record: BootRecord): string {
  return JSON.stringify({ vm: vmId, ...record })
}

/** Undefined for no record, for a text that is none, and for a record that a clone carries of another VM. */
export function decodeBootRecord(vmId: string, text = ''): BootRecord | undefined {
  try {
    const { vm, ...record } = JSON.parse(text)
    return vm === vmId && Array.isArray(record.base) ? record : undefined
  } catch {
    return undefined
  }
}
