import { isJsonObject } from '@powerbus/drp'
import type { BootDevice } from '../hypervisor/vm.ts'
import { isOverrideDevice, type OverrideDevice, withFirst } from './boot-order.ts'

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

/**
 * Undefined for no record, for a text that is none, and for a record that a clone carries of another VM. Anybody who may
 * use the VM can write the text: what is no override in it is left out.
 */
export function decodeBootRecord(vmId: string, text = ''): BootRecord | undefined {
  const value = parsed(text)
  if (!isJsonObject(value) || value.vm !== vmId || !Array.isArray(value.base)) return undefined
  return {
    base: value.base.filter((device): device is BootDevice => typeof device === 'string'),
    persistent: overrideOf(value.persistent),
    once: onceOf(value.once),
  }
}

function overrideOf(value: unknown): BootOverride | undefined {
  if (!isJsonObject(value) || typeof value.device !== 'string' || !isOverrideDevice(value.device)) return undefined
  const { device, efi, endsAtMs } = value
  return { device, efi: efi === true, ...(typeof endsAtMs === 'number' && { endsAtMs }) }
}

function onceOf(value: unknown): OnceOverride | undefined {
  const override = overrideOf(value)
  if (!override || !isJsonObject(value)) return undefined
  return { ...override, ...(value.used === true && { used: true }), ...(value.whileOn === true && { whileOn: true }) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
