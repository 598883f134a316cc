import type { Journal } from './journal.ts'

/**
 * The cloud that a machine's device was made or last seen at; undefined where nothing is written down of it. packet/api-url may have changed since, and what another cloud
 * answers about the device means nothing.
 */
export async function deviceCloud(deviceId: string, machine: string, journal: Journal): Promise<string | undefined> {
  const known = await journal.get('device', deviceId)
  if (known) return known.cloud
  const creation = await journal.get('creation', machine)
  return creation?.deviceId === deviceId ? creation.cloud : undefined
}

/** The same for every device of which something is written down. */
export async function deviceClouds(journal: Journal): Promise<ReadonlyMap<string, string>> {
  const clouds = new Map<string, string>()
  for (const { deviceId, cloud } of await journal.all('creation')) if (deviceId) clouds.set(deviceId, cloud)
  for (const { deviceId, cloud } of await journal.all('device')) clouds.set(deviceId, cloud)
  return clouds
}
