import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { creationIdsOf, type Deletion, isOver } from '../records/records.ts'
import type { StepMeans } from './means.ts'

/**
 * Why the device of a deleted machine is not deleted with it; undefined if it is. It goes only if its tag names that
 * machine and no other, it is in the project where it was ordered (else in a configured one), and no machine has it
 * now. Throws TARGET_BUSY while a new machine with the same Uuid takes it over, and what the endpoint's API throws.
 */
export async function whyItStays(
  { deviceId, machine }: Pick<Deletion, 'deviceId' | 'machine'>,
  device: Device,
  { records, machines, projects, call }: StepMeans,
): Promise<string | undefined> {
  const made = creationIdsOf(device)
  if (!machine || made.length !== 1 || made[0] !== machine.Uuid)
    return "its tags do not say that it was made for that machine, and the plugin deletes no others' devices"
  const creation = await records.get('creation', machine.Uuid)
  const isIts = creation?.deviceId === deviceId
  const ordered = isIts ? creation.spec?.projectId : undefined
  const expected = ordered === undefined ? projects.map(({ id }) => id) : [ordered]
  if (device.projectId === undefined || !expected.includes(device.projectId))
    return `it is in project ${device.projectId ?? '(unknown)'}, not in ${expected.join(' or ')}`
  const [other] = await machines.ofDevice(deviceId, call)
  if (other) return `machine ${other.Name} has it now`
  if (isIts && !isOver(creation))
    throw new PowerbusError('TARGET_BUSY', `Device ${deviceId} is being given to the new machine ${creation.name}`)
  return undefined
}
