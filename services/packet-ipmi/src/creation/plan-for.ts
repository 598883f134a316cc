import type { Machine } from '@powerbus/drp'
import type { Call } from '@powerbus/plugin-sdk'
import { deviceOf } from '../machine/device-machine.ts'
import { isOver } from '../records/records.ts'
import type { Means } from './means.ts'
import { newCreation, planCreation, tellPlanned } from './plan-creation.ts'

/**
 * Plans a device for a machine that has none. Where one was made under its Uuid before and the machine has been made again since, the former creation gives way; one
 * that failed does not: the machine has been told why.
 */
export async function planFor({ Uuid, Name }: Machine, means: Means, call: Call): Promise<void> {
  const { records, cloud, machines } = means
  const planned = { id: Uuid, origin: 'machine', name: Name } as const
  if (await planCreation(planned, means)) return
  const former = await records.get('creation', Uuid)
  if (!former || !isOver(former) || former.phase === 'failed' || former.cloud !== cloud.key) return
  // An event tells the machine as it was then.
  const machine = await machines.get(Uuid, call)
  if (machine === 'gone' || deviceOf(machine) !== undefined) return
  const creation = newCreation({ ...planned, ...(former.deviceId && { formerDeviceId: former.deviceId }) }, means)
  if (await records.replace('creation', Uuid, former, creation)) await tellPlanned(creation, means)
}
