import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { type Creation, tagOf } from '../records/records.ts'
import { longCall, type StepMeans } from './means.ts'

/**
 * The devices in the creation's project with its tag, without those that this plugin deletes: usable ones first, then
 * failed ones, then those that another client deletes; each group oldest first. None without a spec: then no create was
 * sent. Throws TARGET_UNREACHABLE if none is found and the listing is incomplete. `thorough` also searches the whole
 * project, since the cloud's filter may not know a new tag yet.
 */
export async function tagged(
  { id, spec }: Creation,
  thorough: boolean,
  { cloud, records, call }: StepMeans,
): Promise<readonly Device[]> {
  if (!spec) return []
  const { projectId } = spec
  const tag = tagOf(id)
  for (const query of thorough ? [{ projectId, tag }, { projectId }] : [{ projectId, tag }]) {
    const { items, complete, problem } = await cloud.list(query, longCall(call))
    const found: Device[] = []
    for (const device of items) {
      if (device.tags.includes(tag) && !(await records.get('deletion', device.id))) found.push(device)
    }
    if (found.length > 0) return found.toSorted(byUse)
    if (!complete)
      throw new PowerbusError(
        'TARGET_UNREACHABLE',
        `The list of devices of project ${projectId} is incomplete, so nothing is created yet: ${problem}`,
      )
  }
  return []
}

function byUse(a: Device, b: Device): number {
  const rank = ({ state }: Device) => (state === 'deleting' ? 2 : state === 'failed' ? 1 : 0)
  return rank(a) - rank(b) || (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0) || (a.id < b.id ? -1 : 1)
}
