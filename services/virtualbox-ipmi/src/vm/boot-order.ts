import { type BootDevice, fullOrder } from '../hypervisor/vm.ts'

/** Boot devices that a VM can be given, in VirtualBox's words. */
const places = { pxe: 'net', disk: 'disk', cdrom: 'dvd' } as const satisfies Readonly<Record<string, BootDevice>>

export type OverrideDevice = keyof typeof places

export function isOverrideDevice(device: string): device is OverrideDevice {
  return Object.hasOwn(places, device)
}

/** The order with that device first and the others after it, `none` left out. */
export function withFirst(device: OverrideDevice, order: readonly BootDevice[]): BootDevice[] {
  const first = places[device]
  return fullOrder([first, ...order.filter((other) => other !== first && other !== 'none')])
}

export function sameOrder(a: readonly BootDevice[], b: readonly BootDevice[]): boolean {
  return fullOrder(a).join() === fullOrder(b).join()
}
