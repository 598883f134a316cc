import type { Machine } from '@powerbus/drp'
import type { Call } from '@powerbus/plugin-sdk'
import { deviceOf } from '../machine/device-machine.ts'
import { type Creation, isOver } from '../records/records.ts'
import type { Means } from './means.ts'

type Planned = Pick<Creation, 'id' | 'origin' | 'name' | 'spec' | 'formerDeviceId'>
const TEXT = 'a device will be made'

/** Records and reports a creation, unless there is a record of it. Once recorded, it survives restarts. */
export async function planCreation(planned: Planned, means: Means): Promise<boolean> {
  const creation = newCreation(planned, means)
  const isNew = await means.records.add('creation', planned.id, creation)
  if (isNew) await tellPlanned(creation, means)
  return isNew
}

/**
 * Plans a device for a machine that has none. The record of an earlier machine with the same Uuid is replaced, unless
 * its creation failed: then the machine's packet/problem says why.
 */
export async function planFor({ Uuid, Name }: Machine, means: Means, call: Call): Promise<void> {
  const { records, cloud, machines } = means
  const planned = { id: Uuid, origin: 'machine', name: Name } as const
  if (await planCreation(planned, means)) return
  const former = await records.get('creation', Uuid)
  if (!former || !isOver(former) || former.phase === 'failed' || former.cloud !== cloud.key) return
  // The event may be old: read the machine as it is now.
  const machine = await machines.get(Uuid, call)
  if (machine === 'gone' || deviceOf(machine) !== undefined) return
  const creation = newCreation({ ...planned, ...(former.deviceId && { formerDeviceId: former.deviceId }) }, means)
  if (await records.replace('creation', Uuid, former, creation)) await tellPlanned(creation, means)
}

function newCreation(planned: Planned, { cloud, clock }: Means): Creation {
  const plannedAtMs = clock.dateMs()
  const progress = [{ At: new Date(plannedAtMs).toISOString(), Phase: 'planned', Text: TEXT }]
  return { ...planned, cloud: cloud.key, phase: 'planned', plannedAtMs, sends: 0, emptyLooks: 0, progress }
}

async function tellPlanned({ id, name }: Creation, { tell }: Means): Promise<void> {
  await tell({ action: 'planned', text: `${name}: ${TEXT}`, machine: { Uuid: id, Name: name } })
}
