import type { Machine } from '@powerbus/drp'
import type { Device } from '../cloud/device.ts'
import { deviceOf } from '../machine/device-machine.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/**
 * Sets the address and the MACs of devices on machines that have none: a cloud may learn them only after the device is
 * on or imported. Values that a machine has stay.
 */
export async function fillIn(mine: readonly Machine[], devices: readonly Device[], means: SurveyMeans): Promise<void> {
  const { machines, held, call } = means
  const byId = new Map(devices.map((device) => [device.id, device]))
  const nameOf = ({ Name }: Machine) => `machine ${Name}`
  await oneByOne(mine, nameOf, means, async (listed) => {
    const device = byId.get(deviceOf(listed) ?? '')
    if (!device || !completed(listed, device)) return
    const machine = await machines.get(listed.Uuid, call)
    const after = machine !== 'gone' && completed(machine, device)
    if (!after) return
    held.assertHeld()
    await machines.update(machine, after, call)
  })
}

/** The machine with what only its device knows; undefined if that is nothing. */
function completed(machine: Machine, { address = '', macs }: Device): Machine | undefined {
  const Address = machine.Address || address
  const HardwareAddrs = machine.HardwareAddrs.length > 0 ? machine.HardwareAddrs : macs
  const isSame = Address === machine.Address && HardwareAddrs.length === machine.HardwareAddrs.length
  return isSame ? undefined : { ...machine, Address, HardwareAddrs }
}
