import type { Device } from '../cloud/device.ts'
import { isOver, tagOf } from '../records/records.ts'
import { leave } from './leftovers.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

const TAG_PREFIX = tagOf('')

/**
 * Devices that carry the tag of a creation which ended with another device or with none: a create that came through much later than its answer was given up. They cost
 * money for nobody, and are told of; nobody's device is deleted for its tag alone. Tags of others, of which nothing is written down here, mean nothing.
 */
export async function findStrays(devices: readonly Device[], means: SurveyMeans): Promise<void> {
  const { records, machines, cloud, clock, call } = means
  const nameOf = ({ id }: Device) => `device ${id}`
  await oneByOne(devices, nameOf, means, async (device) => {
    const tag = device.tags.find((text) => text.startsWith(TAG_PREFIX))
    if (tag === undefined || device.state === 'deleting') return
    const creation = await records.get('creation', tag.slice(TAG_PREFIX.length))
    const isIts = creation?.phase === 'done' && creation.deviceId === device.id
    if (!creation || !isOver(creation) || isIts || (await records.get('deletion', device.id))) return
    if ((await machines.ofDevice(device.id, call())).length > 0) return
    const machine = { Uuid: creation.id, Name: creation.name }
    const reason = `it has the tag of ${creation.name}, which ${creation.phase === 'done' ? 'has another device' : 'got none'}`
    await leave({ deviceId: device.id, cloud: cloud.key, reason, machine, sinceMs: clock.dateMs() }, means)
  })
}
