import type { KeptRecords } from './kept-records.ts'

/**
 * The cloud where a machine's device was made or last seen; undefined if no record names it. packet/api-url may have
 * changed since, and the answers of another cloud about the device mean nothing.
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

/** The cloud of every device that a record names, by the device's id. */
export async function deviceClouds(records: KeptRecords): Promise<ReadonlyMap<string, string>> {
  const clouds = new Map<string, string>()
  for (const { deviceId, cloud } of await records.all('creation')) if (deviceId) clouds.set(deviceId, cloud)
  for (const { deviceId, cloud } of await records.all('device')) clouds.set(deviceId, cloud)
  return clouds
}
