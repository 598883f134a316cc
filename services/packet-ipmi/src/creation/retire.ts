import { type Creation, isOver } from '../records/records.ts'
import type { Means } from './means.ts'

/** Longest delay of a device after its create, for creates whose answer was lost. */
export const LATE_DEVICE_MS = 7 * 24 * 60 * 60_000

/** Whether a create whose answer was lost may still make a device. */
export function mayHaveMore({ sends, deviceId }: Pick<Creation, 'sends' | 'deviceId'>): boolean {
  return sends > (deviceId === undefined ? 0 : 1)
}

/**
 * Forgets a creation that is over and whose machine is gone. If it may still make a device, the record stays for
 * LATE_DEVICE_MS, so that the survey knows the device by its tag.
 */
export async function retire(creation: Creation, { records }: Pick<Means, 'records'>): Promise<void> {
  const { id, phase, isRetired } = creation
  if (!isOver(creation) || isRetired) return
  if (!mayHaveMore(creation)) return void (await records.replace('creation', id, creation, undefined))
  const retired = { ...creation, phase: phase === 'failed' ? 'cancelled' : phase, isRetired: true } as const
  await records.replace('creation', id, creation, retired, { ttlMs: LATE_DEVICE_MS })
}
