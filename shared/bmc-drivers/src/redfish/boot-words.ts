import type { BootRequest } from '@powerbus/plugin-sdk/unshared'
import type { Rules } from './rules.ts'

type Device = BootRequest['device']

/** Values of BootSourceOverrideTarget, the best first. DSP0268, ComputerSystem. */
const targets: Readonly<Record<Device, readonly string[]>> = {
  pxe: ['Pxe', 'UefiHttp'],
  disk: ['Hdd'],
  cdrom: ['Cd'],
  bios: ['BiosSetup'],
  none: ['None'],
}

/** What the BMC reports, in the words of our requests. Supermicro shows a Pxe that was set as UefiBootNext. LR supermicro.rs */
const devices: Readonly<Record<string, Device>> = {
  Pxe: 'pxe',
  UefiHttp: 'pxe',
  Hdd: 'disk',
  Cd: 'cdrom',
  UsbCd: 'cdrom',
  BiosSetup: 'bios',
  None: 'none',
}

export const HTTP_NOTE = 'the machine boots by HTTP (UefiHttp), since its BMC offers no PXE'

/** What to ask for; undefined where the BMC says what it allows, and none of it will do. */
export function targetOf(device: Device, rules: Rules, allowed: readonly string[]): string | undefined {
  const wanted = (device === 'cdrom' && rules.cd) || targets[device]
  if (device === 'none' || allowed.length === 0) return wanted[0]
  return wanted.find((word) => allowed.includes(word))
}

/** Other words stay as they are, in small letters. */
export function deviceOf(word: string): string {
  return devices[word] ?? word.toLowerCase()
}
