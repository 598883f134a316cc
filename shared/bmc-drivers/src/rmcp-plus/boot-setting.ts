import type { BootRequest, BootSetting } from '@powerbus/plugin-sdk/unshared'
import {
  BootDevice,
  bootDeviceName,
  bootFlags,
  type IpmiSession,
  noBootFlags,
  readBootFlags,
  type Workaround,
} from 'node-ipmi'

/** Said where the BMC refuses boot option parameter 3. §28.12, §28.13. */
const EXPIRES = 'the BMC drops the boot device after 60 s: restart or start the machine before'

/**
 * What the BMC reports, in the words of our requests where there is one. Supermicro's selector for a UEFI disk is a disk.
 * `keepsFlags`: the BMC keeps the flags until a boot uses them.
 */
export async function readBoot(
  session: IpmiSession,
  workarounds: readonly Workaround[],
  keepsFlags: boolean,
): Promise<BootSetting> {
  const { device, persistent, efi, valid } = await readBootFlags(session)
  const supermicroDisk = efi && device === BootDevice.primaryRemoteMedia && workarounds.includes('supermicro-uefi-disk')
  const name = supermicroDisk ? 'disk' : (bootDeviceName(device) ?? `selector-${device}`)
  return { device: name, persistent, efi, valid, ...(valid && !keepsFlags && { note: EXPIRES }) }
}

/** The bytes that set the boot device, for a dry run. §28.12, §28.13. */
export function bootDescription({ device, persistent, efi }: BootRequest, workarounds: readonly Workaround[]): string {
  const supermicroDisk = efi && device === 'disk' && workarounds.includes('supermicro-uefi-disk')
  const selector = supermicroDisk ? BootDevice.primaryRemoteMedia : BootDevice[device]
  const flags = bootFlags.encode({ ...noBootFlags, valid: true, persistent, efi, device: selector })
  const timer = workarounds.includes('no-boot-timer-option') ? '' : '03h 08h (keep the flags for longer than 60 s), '
  return `Set System Boot Options (00h 08h): ${timer}05h ${hex(flags)} (${device})`
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `${byte.toString(16).toUpperCase().padStart(2, '0')}h`).join(' ')
}
