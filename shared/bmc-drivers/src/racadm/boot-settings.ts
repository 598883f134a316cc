import type { BootRequest, BootSetting } from '@powerbus/plugin-sdk/unshared'
import { keyValues } from './racadm-output.ts'

/** BootOnce and FirstBootDevice as the firmware names them. */
export interface ServerBoot {
  readonly once: boolean
  readonly device: string
}

const firstBootDevice: Readonly<Record<BootRequest['device'], string>> = {
  pxe: 'PXE',
  disk: 'HDD',
  cdrom: 'VCD-DVD',
  bios: 'BIOS',
  none: 'Normal',
}

/** Commands of one generation of firmware. */
export interface BootCommands {
  readonly read: readonly string[]
  setOnce(once: boolean): readonly string[]
  setDevice(device: string): readonly string[]
}

/** iDRAC 7 and later. */
export const attributeCommands: BootCommands = {
  read: ['get', 'iDRAC.ServerBoot'],
  setOnce: (once) => ['set', 'iDRAC.ServerBoot.BootOnce', once ? 'Enabled' : 'Disabled'],
  setDevice: (device) => ['set', 'iDRAC.ServerBoot.FirstBootDevice', device],
}

/** iDRAC 6. Later firmware takes it too, and says that it is deprecated. */
export const groupCommands: BootCommands = {
  read: ['getconfig', '-g', 'cfgServerInfo'],
  setOnce: (once) => ['config', '-g', 'cfgServerInfo', '-o', 'cfgServerBootOnce', once ? '1' : '0'],
  setDevice: (device) => ['config', '-g', 'cfgServerInfo', '-o', 'cfgServerFirstBootDevice', device],
}

/** What the request sets. UEFI or BIOS is an attribute of the BIOS, which takes a job and a restart to change. */
export function serverBootOf({ device, persistent }: BootRequest): ServerBoot {
  return { once: !persistent, device: firstBootDevice[device] }
}

/** What either generation prints; undefined where there is no FirstBootDevice. */
export function serverBootIn(output: string): ServerBoot | undefined {
  const values = keyValues(output)
  const device = values.get('firstbootdevice') ?? values.get('cfgserverfirstbootdevice')
  const once = values.get('bootonce') ?? values.get('cfgserverbootonce') ?? ''
  return device === undefined ? undefined : { device, once: /^(?:enabled|1|true)$/i.test(once) }
}

/** In the words of our requests where there is one. FirstBootDevice Normal is no override, whatever BootOnce says. */
export function bootSettingOf({ once, device }: ServerBoot): BootSetting {
  const names = Object.keys(firstBootDevice) as BootRequest['device'][]
  const known = names.find((name) => firstBootDevice[name].toLowerCase() === device.toLowerCase())
  return { device: known ?? device, persistent: !once, efi: null, valid: known !== 'none' }
}
