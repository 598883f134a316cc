import { isJsonObject } from '@powerbus/drp'
import type { BootDevice } from '../hypervisor/vm.ts'
import { isOverrideDevice, type OverrideDevice, withFirst } from './boot-order.ts'

/** A boot device that goes before the VM's own order. */
export interface BootOverride {
  readonly device: OverrideDevice
  /** As it was asked for; the VM boots by its firmware, whatever this says. */
  readonly efi: boolean
  /** When it counts no longer if no boot has used it, in milliseconds since 1970: boot flags of a BMC run out. Absent: it does not. */
  readonly endsAtMs?: number
}

/** One for the next boot. */
export interface OnceOverride extends BootOverride {
  /** The VM was started with it: it counts no longer. */
  readonly used?: true
  /** It was set while the VM was on, and the VM has not been seen off since. */
  readonly whileOn?: true
}

/** What is kept with a VM while something goes before its own boot order. */
export interface BootRecord {
  /** The VM's own order: what is set again when nothing goes before it any more. */
  readonly base: readonly BootDevice[]
  /** For all boots until changed. */
  readonly persistent?: BootOverride
  /** For the next boot. */
  readonly once?: OnceOverride
}

/** Key of the text kept with a VM. */
export const BOOT_KEY = 'powerbus/boot'

/** The order that the VM is to have for its next boot. */
export function wantedOrder({ base, persistent, once }: BootRecord): readonly BootDevice[] {
  const own = persistent ? withFirst(persistent.device, base) : base
  return once && !once.used ? withFirst(once.device, own) : own
}

/** Nothing goes before the VM's own order. */
export function isEmpty({ persistent, once }: BootRecord): boolean {
  return persistent === undefined && once === undefined
}

export function encodeBootRecord(vmId: string, record: BootRecord): string {
  return JSON.stringify({ vm: vmId, ...record })
}

/** Undefined where there is none, or where it came along with a clone and is about another VM. */
export function decodeBootRecord(vmId: string, text: string | undefined): BootRecord | undefined {
  if (text === undefined || text === '') return undefined
  const value = parsed(text)
  if (!isJsonObject(value) || value.vm !== vmId || !Array.isArray(value.base)) return undefined
  const persistent = overrideOf(value.persistent)
  const once = onceOf(value.once)
  return {
    base: value.base.filter((device): device is BootDevice => typeof device === 'string'),
    ...(persistent && { persistent }),
    ...(once && { once }),
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

/** The text is the VM's, and anybody may have written it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
