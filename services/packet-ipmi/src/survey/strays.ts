import type { Device } from '../cloud/device.ts'
import { creationIdsOf, isOver } from '../records/records.ts'
import { leave } from './leftovers.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

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
    if ((await machines.ofDevice(device.id, call())).length > 0) return
    const machine = { Uuid: creation.id, Name: creation.name }
    const reason = `it has the tag of ${creation.name}, which ${creation.phase === 'done' ? 'has another device' : 'got none'}`
    await leave({ deviceId: device.id, cloud: cloud.key, reason, machine }, means)
  })
}
