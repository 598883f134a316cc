import type { Device } from '../cloud/device.ts'
import type { StepMeans } from '../creation/means.ts'
import type { Candidate } from './missing.ts'

/**
 * Records that the listed devices of machines are at this cloud. Forgets devices of this cloud that are neither listed
 * nor any machine's; records of other clouds stay.
 */
export async function noteSightings(
  candidates: readonly Candidate[],
  devices: readonly Device[],
  clouds: ReadonlyMap<string, string>,
  { records, cloud, held }: StepMeans,
): Promise<void> {
  const listed = new Set(devices.map(({ id }) => id))
  const owned = new Set(candidates.map(({ deviceId }) => deviceId))
  for (const deviceId of owned) {
    if (!listed.has(deviceId) || clouds.get(deviceId) === cloud.key) continue
    held.assertHeld()
    await records.put('device', deviceId, { deviceId, cloud: cloud.key })
  }
  for (const known of await records.all('device')) {
    const isUsed = owned.has(known.deviceId) || listed.has(known.deviceId)
    if (!isUsed && known.cloud === cloud.key) await records.remove('device', known.deviceId)
  }
}
