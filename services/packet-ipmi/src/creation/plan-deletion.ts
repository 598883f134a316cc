import type { Deletion } from '../records/records.ts'
import type { Means } from './means.ts'

/** Records a deletion, unless there is a record of it. Once recorded, it survives restarts. */
export async function planDeletion(
  deletion: Omit<Deletion, 'sinceMs'>,
  { records, clock }: Pick<Means, 'records' | 'clock'>,
): Promise<void> {
  await records.add('deletion', deletion.deviceId, { ...deletion, sinceMs: clock.dateMs() })
}
