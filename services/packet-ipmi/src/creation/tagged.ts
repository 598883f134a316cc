import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { tagOf } from '../records/records.ts'
import { longCall, type StepMeans } from './means.ts'

/**
 * The devices that carry the creation's tag, the oldest first, and last those that somebody else deletes; without those that this plugin is to delete. None
 * where there certainly is none in the listings: an incomplete one that shows none throws TARGET_UNREACHABLE. `thorough` looks through the whole project too,
 * should the filter not know the tag yet.
 */
export async function tagged(
  id: string,
  projectId: string,
  thorough: boolean,
  { cloud, records, call }: StepMeans,
): Promise<readonly Device[]> {
  const tag = tagOf(id)
  for (const query of thorough ? [{ projectId, tag }, { projectId }] : [{ projectId, tag }]) {
    const { items, complete, problem } = await cloud.list(query, longCall(call()))
    const found: Device[] = []
    for (const device of items) {
      if (device.tags.includes(tag) && !(await records.get('deletion', device.id))) found.push(device)
    }
    if (found.length > 0) return found.toSorted(byUse)
    if (!complete)
      throw new PowerbusError(
        'TARGET_UNREACHABLE',
        `The list of devices of project ${projectId} is not complete: ${problem}`,
      )
  }
  return []
}

function byUse(a: Device, b: Device): number {
  const rank = ({ state }: Device) => (state === 'deleting' ? 2 : state === 'failed' ? 1 : 0)
  return rank(a) - rank(b) || (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0) || (a.id < b.id ? -1 : 1)
}
