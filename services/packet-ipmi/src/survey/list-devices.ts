import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Project } from '../cloud/cloud.ts'
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
  projects: readonly Project[],
  pruned: readonly Pruned[],
  means: StepMeans,
): Promise<ListedDevices> {
  const configured = new Set(projects.map(({ id }) => id))
  const { devices, complete } = await ofProjects(configured, means)
  const used = await usedProjects(pruned, means)
  const others = await ofProjects(new Set([...used].filter((id) => !configured.has(id))), means)
  return { devices, complete, others: others.devices }
}

async function usedProjects(pruned: readonly Pruned[], { records, cloud }: StepMeans): Promise<ReadonlySet<string>> {
  const creations = (await records.all('creation')).map((one) => ({ cloud: one.cloud, projectId: one.spec?.projectId }))
  const here = [...creations, ...pruned].filter((one) => one.cloud === cloud.key)
  return new Set(here.flatMap(({ projectId }) => (projectId === undefined ? [] : [projectId])))
}

async function ofProjects(projectIds: ReadonlySet<string>, { cloud, call }: StepMeans) {
  const devices: Device[] = []
  let complete = true
  for (const projectId of projectIds) {
    try {
      const listing = await cloud.list({ projectId }, longCall(call()))
      devices.push(...listing.items)
      complete &&= listing.complete
    } catch (error) {
      if (!(error instanceof PowerbusError)) throw error
      complete = false
    }
  }
  return { devices, complete }
}
