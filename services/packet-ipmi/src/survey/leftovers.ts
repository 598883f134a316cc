import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Means, StepMeans } from '../creation/means.ts'
import type { Leftover } from '../records/records.ts'

/** Records a device that an operator must check, and reports it once. */
export async function leave(leftover: Omit<Leftover, 'sinceMs'>, { records, clock, tell }: Means): Promise<void> {
  if (await records.get('leftover', leftover.deviceId)) return
  const { deviceId, reason, machine } = leftover
  const text = `device ${deviceId} is left in the cloud and costs money: ${reason}. Check it; destroyVm with this packet/uuid deletes it`
  await tell({ action: 'handed-over', text, machine, deviceId })
  await records.add('leftover', deviceId, { ...leftover, sinceMs: clock.dateMs() })
}

/** Removes leftovers of this cloud that are gone by the API's own "not found", or have a machine again. */
export async function lookAfterLeftovers({ cloud, records, machines, call }: StepMeans): Promise<void> {
  for (const leftover of await records.all('leftover')) {
    if (leftover.cloud !== cloud.key) continue
    try {
      const isOver =
        (await cloud.get(leftover.deviceId, call())) === 'gone' ||
        (await machines.ofDevice(leftover.deviceId, call())).length > 0
      if (isOver) await records.remove('leftover', leftover.deviceId)
    } catch (error) {
      if (!(error instanceof PowerbusError) || error.code === 'STORE_UNAVAILABLE') throw error
    }
  }
}
