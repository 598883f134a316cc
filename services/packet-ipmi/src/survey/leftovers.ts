import type { Device } from '../cloud/device.ts'
import type { Means } from '../creation/means.ts'
import { creationIdsOf, isOver, type Leftover } from '../records/records.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/** Records a device that an operator must check, and reports it once; again when an unconfirmed deletion was settled. */
export async function leave(leftover: Omit<Leftover, 'sinceMs'>, { records, clock, tell }: Means): Promise<void> {
  const { deviceId, reason, machine, isProtected } = leftover
  const known = await records.get('leftover', deviceId)
  if (known && (leftover.unconfirmed || !known.unconfirmed)) {
    if (isProtected && !known.isProtected) await records.put('leftover', deviceId, { ...known, isProtected })
    return
  }
  const text = `device ${deviceId} is left in the cloud and costs money: ${reason}. Check it; destroyVm with this packet/uuid deletes it`
  await tell({ action: 'handed-over', text, machine, deviceId })
  await records.put('leftover', deviceId, { ...leftover, sinceMs: clock.dateMs() })
}

/** Removes leftovers of this cloud that are gone by the API's own "not found", or have a machine again. */
export async function lookAfterLeftovers(means: SurveyMeans): Promise<void> {
  const { cloud, records, machines, call } = means
  const here = (await records.all('leftover')).filter((leftover) => leftover.cloud === cloud.key)
  const nameOf = ({ deviceId }: Leftover) => `device ${deviceId}`
  await oneByOne(here, nameOf, means, async ({ deviceId }) => {
    const isDone = (await cloud.get(deviceId, call)) === 'gone' || (await machines.ofDevice(deviceId, call)).length > 0
    if (isDone) await records.remove('leftover', deviceId)
  })
}

/**
 * Reports devices with the tag of a creation that ended with another device or with none: a lost create made them late.
 * A tag alone is no reason to delete a device, and a tag without a record here is another plugin's.
 */
export async function findStrays(devices: readonly Device[], means: SurveyMeans): Promise<void> {
  const { records, machines, cloud, call } = means
  const nameOf = ({ id }: Device) => `device ${id}`
  await oneByOne(devices, nameOf, means, async (device) => {
    const [id] = creationIdsOf(device)
    if (id === undefined || device.state === 'deleting') return
    const creation = await records.get('creation', id)
    const isIts = creation?.phase === 'done' && creation.deviceId === device.id
    if (!creation || !isOver(creation) || isIts || (await records.get('deletion', device.id))) return
    if ((await machines.ofDevice(device.id, call)).length > 0) return
    const machine = { Uuid: creation.id, Name: creation.name }
    const reason = `it has the tag of ${creation.name}, which ${creation.phase === 'done' ? 'has another device' : 'got none'}`
    await leave({ deviceId: device.id, cloud: cloud.key, reason, machine }, means)
  })
}
