import { type Call, PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { RemoteError } from '../remote-error.ts'
import { elementsNamed, textNamed, type XmlElement } from '../xml-document.ts'
import type { HmcClient } from './hmc-client.ts'

/** A partition by its UUID, or by the names of its managed system and its own. */
export type PartitionName = { readonly uuid: string } | { readonly system: string; readonly name: string }

/** What ipmi/lpar-id says. Throws PARAM_MISSING and PARAM_INVALID: nothing else gets into a URL. */
export function partitionNamed(lparId: string | undefined): PartitionName {
  if (!lparId) throw new PowerbusError('PARAM_MISSING', 'LPAR id missing: specify ipmi/lpar-id')
  if (/^[0-9a-f-]{36}$/i.test(lparId)) return { uuid: lparId.toUpperCase() }
  const [, system, name] = /^([^/]+)\/([^/]+)$/.exec(lparId) ?? []
  if (system && name) return { system, name }
  throw new PowerbusError(
    'PARAM_INVALID',
    'Param ipmi/lpar-id: give the UUID of the partition, or its managed system and its name as SYSTEM/NAME',
  )
}

/** Throws RemoteError `missing` where the HMC has no system or partition of that name. */
export async function findPartition(hmc: HmcClient, named: PartitionName, call: Call): Promise<string> {
  if ('uuid' in named) return named.uuid
  const system = await uuidOf(hmc, 'ManagedSystem', 'SystemName', named.system, call)
  return await uuidOf(hmc, `ManagedSystem/${system}/LogicalPartition`, 'PartitionName', named.name, call)
}

async function uuidOf(hmc: HmcClient, path: string, field: string, name: string, call: Call): Promise<string> {
  const quick = await hmc.quick(`${path}/quick/All`, call)
  const found = Array.isArray(quick)
    ? uuidInList(quick, field, name)
    : uuidInFeed(await hmc.document({ method: 'GET', path }, call), field, name)
  if (found !== undefined && /^[0-9a-f-]{36}$/i.test(found)) return found
  throw new RemoteError('missing', `The HMC has no ${field} ${JSON.stringify(name)}: check ipmi/lpar-id`)
}

function uuidInList(list: readonly unknown[], field: string, name: string): string | undefined {
  const entries = list.filter(
    (entry): entry is Readonly<Record<string, unknown>> => entry !== null && typeof entry === 'object',
  )
  const found = entries.find((entry) => entry[field] === name)
  return typeof found?.UUID === 'string' ? found.UUID : undefined
}

function uuidInFeed(feed: XmlElement, field: string, name: string): string | undefined {
  const found = elementsNamed(feed, 'entry').find((entry) => textNamed(entry, field) === name)
  return found && (textNamed(found, 'id') ?? textNamed(found, 'AtomID'))
}
