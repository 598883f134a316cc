import type { KeptRecords } from './kept-records.ts'

/**
 * The cloud that a machine's device was made or last seen at; undefined where nothing is written down of it. packet/api-url may have changed since, and what another cloud
 * answers about the device means nothing.
 */
export async function deviceCloud(
  deviceId: string,
  machine: string,
  records: KeptRecords,
): Promise<string | undefined> {
  const known = await records.get('device', deviceId)
  if (known) return known.cloud
  const creation = await records.get('creation', machine)
  return creation?.deviceId === deviceId ? creation.cloud : undefined
}

/** The same for every device of which something is written down. */
export async function deviceClouds(records: KeptRecords): Promise<ReadonlyMap<string, string>> {
  const clouds = new Map<string, string>()
  for (const { deviceId, cloud } of await records.all('creation')) if (deviceId) clouds.set(deviceId, cloud)
  for (const { deviceId, cloud } of await records.all('device')) clouds.set(deviceId, cloud)
  return clouds
}
