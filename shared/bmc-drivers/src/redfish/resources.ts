import { linkAt, type Resource } from '@powerbus/redfish'
import type { ResourceKind } from '../facts.ts'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

/** Property of the system, and whether it is a collection. */
const places: Readonly<Record<ResourceKind, readonly [property: string, isCollection: boolean]>> = {
  bios: ['Bios', false],
  memory: ['Memory', true],
  storage: ['Storage', true],
  simpleStorage: ['SimpleStorage', true],
  processor: ['Processors', true],
  networkInterfaces: ['NetworkInterfaces', true],
  ethernetInterfaces: ['EthernetInterfaces', true],
  secureBoot: ['SecureBoot', false],
}

/** The resource, or the members that can be read. Throws CAPABILITY_UNSUPPORTED where the system does not have it. */
export async function readResource(visit: Visit, kind: ResourceKind): Promise<Resource | Resource[]> {
  const [property, isCollection] = places[kind]
  const path = linkAt((await visit.system()).body, property)
  const found = isCollection ? path && (await visit.members(path)) : await visit.getIfAny(path)
  if (!found) throw unsupported(visit, `its system has no ${property}`)
  return found
}

/** Firmware settings back to their defaults. */
export async function resetBios(visit: Visit): Promise<void> {
  const { resetBios: rule } = await visit.rules()
  if (rule === 'nvidia-clear-nvram') {
    const service = await visit.getIfAny(linkAt((await visit.root()).body, 'UpdateService'))
    if (!service) throw unsupported(visit, 'it has no update service')
    const Targets = ['/redfish/v1/UpdateService/FirmwareInventory/HostBIOS_0']
    await visit.connection.act(service, '#NvidiaUpdateService.ClearNVRAM', { Targets }, visit.budget.call())
    return
  }
  const bios = await visit.getIfAny(linkAt((await visit.system()).body, 'Bios'))
  if (!bios) throw unsupported(visit, 'its system has no Bios')
  await visit.connection.act(bios, '#Bios.ResetBios', rule?.body ?? {}, visit.budget.call())
}
