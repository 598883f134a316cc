import type { Creation } from '../records/records.ts'
import type { Means } from './means.ts'

type Planned = Pick<Creation, 'id' | 'origin' | 'name' | 'spec' | 'formerDeviceId'>
const TEXT = 'a device will be made'

/** Writes a creation down, where it is not yet, and tells of it. From then on it is gone on with, whatever ends in between. Whether it is new. */
export async function planCreation(planned: Planned, means: Means): Promise<boolean> {
  const creation = newCreation(planned, means)
  const isNew = await means.records.add('creation', planned.id, creation)
  if (isNew) await tellPlanned(creation, means)
  return isNew
}

export function newCreation(planned: Planned, { cloud, clock }: Pick<Means, 'cloud' | 'clock'>): Creation {
  const plannedAtMs = clock.dateMs()
  const progress = [{ At: new Date(plannedAtMs).toISOString(), Phase: 'planned', Text: TEXT }]
  return { ...planned, cloud: cloud.key, phase: 'planned', plannedAtMs, sends: 0, emptyLooks: 0, progress }
}

export async function tellPlanned({ id, name }: Creation, { tell }: Pick<Means, 'tell'>): Promise<void> {
  await tell({ action: 'planned', text: `${name}: ${TEXT}`, machine: { Uuid: id, Name: name } })
}
