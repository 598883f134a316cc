import { textAt } from '@powerbus/redfish'
import type { BmcInfo } from '../facts.ts'
import type { Visit } from './visit.ts'

/** What the system and its BMC are; the system's own resource with it. */
export async function readInfo(visit: Visit): Promise<BmcInfo> {
  const system = await visit.systemIfAny()
  const manager = await visit.manager(system)
  const part = system ?? (await visit.chassis(undefined))[0]
  const rules = await visit.rules()
  const fact = (name: string) => textAt(part?.body, name)
  const facts = { Manufacturer: fact('Manufacturer'), Model: fact('Model'), SerialNumber: fact('SerialNumber') }
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return {
    Address: visit.key,
    Mode: 'redfish',
    Firmware: textAt(manager?.body, 'FirmwareVersion') ?? null,
    Guid: fact('UUID') ?? null,
    ...(Object.fromEntries(known) as Partial<Pick<BmcInfo, keyof typeof facts>>),
    Rules: rules.name,
    ...(part && { System: part.body }),
  }
}
