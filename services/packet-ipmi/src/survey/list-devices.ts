import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { longCall, type StepMeans } from '../creation/means.ts'
import type { Pruned } from '../records/records.ts'

export interface ListedDevices {
  /** Devices of the configured projects. */
  readonly devices: readonly Device[]
  /** Whether these lists are complete. */
  readonly complete: boolean
  /** Devices of other projects that machines have named. `complete` does not cover them. */
  readonly others: readonly Device[]
}

export async function listDevices(
  pruned: readonly Pruned[],
  { projects, records, cloud, call }: StepMeans,
): Promise<ListedDevices> {
  const configured = new Set(projects.map(({ id }) => id))
  const creations = (await records.all('creation')).map((one) => ({ cloud: one.cloud, projectId: one.spec?.projectId }))
  const named = [...creations, ...pruned].filter((one) => one.cloud === cloud.key).map(({ projectId }) => projectId)
  const devices: Device[] = []
  const others: Device[] = []
  let complete = true
  for (const projectId of new Set([...configured, ...named])) {
    if (projectId === undefined) continue
    const listing = await cloud.list({ projectId }, longCall(call)).catch((error: unknown) => {
      if (!(error instanceof PowerbusError)) throw error
      return { items: [], complete: false }
    })
    if (configured.has(projectId)) complete &&= listing.complete
    const list = configured.has(projectId) ? devices : others
    list.push(...listing.items)
  }
  return { devices, complete, others }
}
