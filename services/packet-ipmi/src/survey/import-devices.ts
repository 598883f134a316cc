import type { Device } from '../cloud/device.ts'
import type { StepMeans } from '../creation/means.ts'
import { deviceFields, newMachine, unlessProfileRefused } from '../machine/device-machine.ts'
import { createUnderFreeName } from '../machine/machines.ts'
import { tagOf } from '../records/records.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

const TAG_PREFIX = tagOf('')

/** Makes a machine for every device that has none. Answers how many. */
export async function importDevices(devices: readonly Device[], means: SurveyMeans): Promise<number> {
  const { machines, plugin, held, call } = means
  const known = new Set((await machines.ofPlugin(plugin, call())).map(({ Params }) => Params['packet/uuid']))
  let imported = 0
  await oneByOne(devices, nameOf, means, async (device) => {
    if (known.has(device.id) || device.state === 'deleting' || (await isBeingMade(device, means))) return
    if ((await machines.ofDevice(device.id, call())).length > 0) return
    held.assertHeld()
    await makeMachine(device, means)
    imported++
  })
  return imported
}

function nameOf({ id }: Device): string {
  return `device ${id}`
}

/** A device of a creation gets its machine from that, and one that is to be deleted gets none. */
async function isBeingMade({ id, tags }: Device, { records }: StepMeans): Promise<boolean> {
  if (await records.get('deletion', id)) return true
  for (const tag of tags.filter((text) => text.startsWith(TAG_PREFIX))) {
    const creation = await records.get('creation', tag.slice(TAG_PREFIX.length))
    if (creation && creation.phase !== 'done') return true
  }
  return false
}

async function makeMachine(device: Device, means: StepMeans): Promise<void> {
  const { machines, plugin, cloud, records, tell, call } = means
  await records.put('device', device.id, { deviceId: device.id, cloud: cloud.key })
  const machine = await unlessProfileRefused(deviceFields(device, plugin), (fields) =>
    createUnderFreeName(machines, newMachine(device, fields), device, call()),
  )
  const text = `device ${device.id} has become machine ${machine.Name}`
  await tell({ action: 'imported', text, machine, deviceId: device.id })
}
