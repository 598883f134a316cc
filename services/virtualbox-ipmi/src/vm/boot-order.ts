import type { BootRequest } from '@powerbus/plugin-sdk'
import { BOOT_PLACES, type BootDevice } from '../hypervisor/vm.ts'

/** What a boot request names, in VirtualBox's words; undefined for what a VM has no place for in its boot order. */
const places: Readonly<Record<BootRequest['device'], BootDevice | undefined>> = {
  pxe: 'net',
  disk: 'disk',
  cdrom: 'dvd',
  bios: undefined,
  none: undefined,
}

export type OverrideDevice = 'pxe' | 'disk' | 'cdrom'

export function isOverrideDevice(device: string): device is OverrideDevice {
  return device === 'pxe' || device === 'disk' || device === 'cdrom'
}

/** The order with that device first, and the others after it as they were: what cannot boot is passed over. */
export function withFirst(device: OverrideDevice, order: readonly BootDevice[]): BootDevice[] {
  const first = places[device] ?? 'none'
  return padded([first, ...order.filter((other) => other !== first && other !== 'none')])
}

export function sameOrder(a: readonly BootDevice[], b: readonly BootDevice[]): boolean {
  return padded(a).join() === padded(b).join()
}

function padded(order: readonly BootDevice[]): BootDevice[] {
  const none: BootDevice[] = Array.from({ length: BOOT_PLACES }, () => 'none')
  return [...order, ...none].slice(0, BOOT_PLACES)
}
