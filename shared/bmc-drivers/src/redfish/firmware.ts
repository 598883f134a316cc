import { FIRMWARE_LIMIT_BYTES, linkAt, type Resource } from '@powerbus/redfish'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

/** Members of the firmware inventory. Some BMCs take minutes for it, and answer it in one large piece. */
export async function readFirmware(visit: Visit): Promise<Resource[]> {
  const service = await visit.getIfAny(linkAt((await visit.root()).body, 'UpdateService'))
  const inventory = linkAt(service?.body, 'FirmwareInventory')
  if (inventory === undefined) throw unsupported(visit, 'it has no firmware inventory')
  return visit.members(inventory, { maxBytes: FIRMWARE_LIMIT_BYTES })
}
