import { linksAt, objectAt, type Resource } from '@powerbus/redfish'
import { unsupported } from './refusals.ts'
import type { Visit } from './visit.ts'

/** The iDRAC's own settings. Throws CAPABILITY_UNSUPPORTED where it shows none. */
export async function dellAttributes(visit: Visit, system: Resource): Promise<Resource> {
  const found = await dellAttributesIfAny(visit, system)
  if (!found) throw unsupported(visit, 'it shows no attributes of the iDRAC')
  return found
}

/**
 * iDRAC10 has moved them: they are looked for where the manager says they are, then where iDRAC10 and iDRAC8/9 have them. LR dell.rs,
 * LR pull 28.
 */
export async function dellAttributesIfAny(visit: Visit, system: Resource): Promise<Resource | undefined> {
  const manager = await visit.manager(system)
  if (!manager) return undefined
  const base = manager.path.replace(/\/+$/, '')
  const id = base.split('/').at(-1) ?? ''
  const named = linksAt(manager.body, 'Links', 'Oem', 'Dell', 'DellAttributes').filter((path) =>
    path.endsWith(`/${id}`),
  )
  for (const path of [...named, `${base}/Oem/Dell/DellAttributes/${id}`, `${base}/Attributes`]) {
    const found = await visit.getIfAny(path)
    if (found && objectAt(found.body, 'Attributes')) return found
  }
  return undefined
}
