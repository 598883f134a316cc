import type { Creation } from '../journal/records.ts'
import type { Means } from './means.ts'

/** Writes a creation down, where it is not yet, and tells of it. From then on it is gone on with, whatever ends in between. Whether it is new. */
export async function planCreation(
  planned: Pick<Creation, 'id' | 'origin' | 'name' | 'spec'>,
  { journal, cloud, clock, tell }: Means,
): Promise<boolean> {
  const plannedAtMs = clock.dateMs()
  const text = 'a device will be made'
  const progress = [{ At: new Date(plannedAtMs).toISOString(), Phase: 'planned', Text: text }]
  const creation: Creation = {
    ...planned,
    cloud: cloud.key,
    phase: 'planned',
    plannedAtMs,
    sends: 0,
    emptyLooks: 0,
    progress,
  }
  const isNew = await journal.add('creation', planned.id, creation)
  const machine = { Uuid: planned.id, Name: planned.name }
  if (isNew) await tell({ action: 'planned', key: planned.id, text: `${planned.name}: ${text}`, machine })
  return isNew
}
