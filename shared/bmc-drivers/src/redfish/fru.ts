import { type JsonObject, linkAt, objectsAt, textAt } from '@powerbus/redfish'
import type { Fru } from '../facts.ts'
import type { Visit } from './visit.ts'

/** System, each chassis, and the boards that its Assembly names. */
export async function readFru(visit: Visit): Promise<Fru[]> {
  const system = await visit.systemIfAny()
  const found: Fru[] = system ? [partOf(system.body, 'system')] : []
  for (const chassis of await visit.chassis(system)) {
    found.push(partOf(chassis.body, 'chassis'))
    const assembly = await visit.getIfAny(linkAt(chassis.body, 'Assembly'))
    found.push(...objectsAt(assembly?.body, 'Assemblies').map((one) => partOf(one, 'assembly')))
  }
  return found
}

/** Field of the result, and what resources call it. */
const fields = {
  Manufacturer: ['Manufacturer', 'Producer', 'Vendor'],
  Model: ['Model'],
  PartNumber: ['PartNumber', 'SparePartNumber'],
  SerialNumber: ['SerialNumber'],
  Version: ['Version', 'HardwareVersion'],
  AssetTag: ['AssetTag'],
  ManufacturedAt: ['ProductionDate', 'ManufacturingDate'],
} as const satisfies Partial<Record<keyof Fru, readonly string[]>>

function partOf(body: JsonObject, kind: string): Fru {
  const found: Record<string, string> = {}
  for (const [field, names] of Object.entries(fields)) {
    const value = names.map((name) => textAt(body, name)).find((text) => text !== undefined)
    if (value !== undefined) found[field] = value
  }
  const name = textAt(body, 'Name') ?? textAt(body, 'Id') ?? textAt(body, 'MemberId')
  return { ...found, Name: name === undefined ? kind : `${kind}: ${name}` }
}
