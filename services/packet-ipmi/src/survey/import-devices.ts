import type { Device } from '../cloud/device.ts'
import type { StepMeans } from '../creation/means.ts'
import { createMachine } from '../machine/machines.ts'
import { creationIdsOf } from '../records/records.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/** Makes a machine for every device that has none. Returns their number. */
export async function importDevices(devices: readonly Device[], means: SurveyMeans): Promise<number> {
  const { machines, plugin, held, call } = means
  const known = new Set((await machines.ofPlugin(plugin, call)).map(({ Params }) => Params['packet/uuid']))
  let imported = 0
  await oneByOne(devices, nameOf, means, async (device) => {
    if (known.has(device.id) || device.state === 'deleting' || (await isBeingMade(device, means))) return
    if ((await machines.ofDevice(device.id, call)).length > 0) return
    held.assertHeld()
    await makeMachine(device, means)
    imported++
  })
  return imported
}

function nameOf({ id }: Device): string {
  return `device ${id}`
}

/** Whether a creation will make the device's machine, or the device is to be deleted. */
async function isBeingMade(device: Device, { records }: StepMeans): Promise<boolean> {
  if (await records.get('deletion', device.id)) return true
  for (const id of creationIdsOf(device)) {
    const creation = await records.get('creation', id)
    if (creation && creation.phase !== 'done') return true
  }
  return false
}

async function makeMachine(device: Device, means: StepMeans): Promise<void> {
  const { cloud, records, tell } = means
  await records.put('device', device.id, { deviceId: device.id, cloud: cloud.key })
  const machine = await createMachine(device, {}, means)
  const text = `machine ${machine.Name} was made for device ${device.id}`
  await tell({ action: 'imported', text, machine, deviceId: device.id })
}
