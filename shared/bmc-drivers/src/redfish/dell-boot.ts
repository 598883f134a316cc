import type { BootRequest, BootSetting } from '@powerbus/plugin-sdk/unshared'
import { type Resource, textAt } from '@powerbus/redfish'
import { dellAttributes, dellAttributesIfAny } from './dell-attributes.ts'
import type { Visit } from './visit.ts'

/** Values of ServerBoot.1.FirstBootDevice. LR model/oem/dell.rs */
const words: Readonly<Record<BootRequest['device'], string>> = {
  pxe: 'PXE',
  disk: 'HDD',
  cdrom: 'VCD-DVD',
  bios: 'BIOS',
  none: 'Normal',
}
const FIRST = 'ServerBoot.1.FirstBootDevice'
const ONCE = 'ServerBoot.1.BootOnce'

/** Sets the first boot device by the iDRAC's attributes. UEFI or not cannot be chosen here. */
export async function setDellBoot(visit: Visit, system: Resource, { device, persistent }: BootRequest): Promise<void> {
  const { path, etag } = await dellAttributes(visit, system)
  const Attributes = { [FIRST]: words[device], [ONCE]: persistent || device === 'none' ? 'Disabled' : 'Enabled' }
  await visit.connection.patch(path, { Attributes }, visit.budget.call(), etag === undefined ? {} : { etag })
}

/** Undefined where the attributes name no device. */
export async function readDellBoot(visit: Visit, system: Resource): Promise<BootSetting | undefined> {
  const body = (await dellAttributesIfAny(visit, system))?.body
  const word = textAt(body, 'Attributes', FIRST)
  if (word === undefined) return undefined
  const known = Object.entries(words).find(([, value]) => value === word)
  return {
    device: known?.[0] ?? word.toLowerCase(),
    persistent: textAt(body, 'Attributes', ONCE) === 'Disabled' && word !== words.none,
    efi: null,
    valid: word !== words.none,
    note: "set by the iDRAC's attribute ServerBoot: UEFI or not is as the BIOS is set",
  }
}
