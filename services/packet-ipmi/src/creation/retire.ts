import { type Creation, isOver } from '../records/records.ts'
import type { Means } from './means.ts'

/** A create that was lost has come through within this time, or does not any more. */
export const LATE_DEVICE_MS = 7 * 24 * 60 * 60_000

/** Whether a device may still come of a create whose answer was lost. */
export function mayHaveMore({ sends, deviceId }: Pick<Creation, 'sends' | 'deviceId'>): boolean {
  return sends > (deviceId === undefined ? 0 : 1)
}

/** Forgets a creation that is over and whose machine is gone. One of which a device may still come is kept until it would have: the device is known by its tag. */
export async function retire(creation: Creation, { records }: Pick<Means, 'records'>): Promise<void> {
  const { id, phase, isRetired } = creation
  if (!isOver(creation) || isRetired) return
  if (!mayHaveMore(creation)) return void (await records.replace('creation', id, creation, undefined))
  const retired = { ...creation, phase: phase === 'failed' ? 'cancelled' : phase, isRetired: true } as const
  await records.replace('creation', id, creation, retired, { ttlMs: LATE_DEVICE_MS })
}
