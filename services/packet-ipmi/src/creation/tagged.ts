import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { tagOf } from '../records/records.ts'
import { longCall, type StepMeans } from './means.ts'

/**
 * The device that carries the creation's tag, the oldest where there are several; undefined where there certainly is none in the listings: an incomplete
 * one that does not show it throws TARGET_UNREACHABLE. `thorough` looks through the whole project too, should the filter not know the tag yet.
 */
export async function tagged(
  id: string,
  projectId: string,
  thorough: boolean,
  means: StepMeans,
): Promise<Device | undefined> {
  const [first] = await allTagged(id, projectId, thorough, means)
  return first
}

/** The oldest first; those that somebody else deletes last. What this plugin is to delete is none of them. */
export async function allTagged(
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
