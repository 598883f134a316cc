import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Means, StepMeans } from '../creation/means.ts'
import type { Leftover } from '../records/records.ts'

/** Puts a device on the list of those that an operator must look after, and tells of it once. */
export async function leave(leftover: Leftover, { records, tell }: Pick<Means, 'records' | 'tell'>): Promise<void> {
  if (await records.get('leftover', leftover.deviceId)) return
  const { deviceId, reason, machine } = leftover
  const text = `device ${deviceId} is left in the cloud and costs money: ${reason}. destroyVm with this packet/uuid deletes it`
  await tell({ action: 'handed-over', text, machine, deviceId })
  await records.add('leftover', deviceId, leftover)
}

/** Takes those off the list that are gone by their own "not found", or have a machine again. */
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
