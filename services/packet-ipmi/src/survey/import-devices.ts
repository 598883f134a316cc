import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import type { StepMeans } from '../creation/means.ts'
import { tagOf } from '../journal/records.ts'
import { deviceFields, newMachine, unlessProfileRefused } from '../machine/device-machine.ts'
import { createUnderFreeName } from '../machine/machines.ts'

const TAG_PREFIX = tagOf('')

/** Makes a machine for every device that has none, and tells in words which ones it could not make. */
export async function importDevices(
  devices: readonly Device[],
  means: StepMeans,
): Promise<{ readonly imported: number; readonly problems: readonly string[] }> {
  const { machines, plugin, held, call } = means
  const known = new Set((await machines.ofPlugin(plugin, call())).map(({ Params }) => Params['packet/uuid']))
  const problems: string[] = []
  let imported = 0
  for (const device of devices) {
    if (known.has(device.id) || device.state === 'deleting' || (await isBeingMade(device, means))) continue
    if ((await machines.ofDevice(device.id, call())).length > 0) continue
    held.assertHeld()
    try {
      await makeMachine(device, means)
      imported++
    } catch (error) {
      if (!(error instanceof PowerbusError)) throw error
      problems.push(`device ${device.id}: ${error.message}`)
    }
  }
  return { imported, problems }
}

/** A device of a creation gets its machine from that, and one that is to be deleted gets none. */
async function isBeingMade({ id, tags }: Device, { journal }: StepMeans): Promise<boolean> {
  if (await journal.get('deletion', id)) return true
  for (const tag of tags.filter((text) => text.startsWith(TAG_PREFIX))) {
    const creation = await journal.get('creation', tag.slice(TAG_PREFIX.length))
    if (creation && creation.phase !== 'done') return true
  }
  return false
}

async function makeMachine(device: Device, means: StepMeans): Promise<void> {
  const { machines, plugin, cloud, journal, tell, call } = means
  await journal.put('device', device.id, { deviceId: device.id, cloud: cloud.key })
  const machine = await unlessProfileRefused(deviceFields(device, plugin), (fields) =>
    createUnderFreeName(machines, newMachine(device, fields), device, call()),
  )
  const name = { Uuid: machine.Uuid, Name: machine.Name }
  const text = `device ${device.id} has become machine ${machine.Name}`
  await tell({ action: 'imported', key: machine.Uuid, text, machine: name, deviceId: device.id })
}
