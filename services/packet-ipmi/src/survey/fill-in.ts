import type { Machine } from '@powerbus/drp'
import type { Device } from '../cloud/device.ts'
import type { StepMeans } from '../creation/means.ts'
import { deviceOf } from '../machine/device-machine.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/**
 * Sets the address and the MACs of devices on machines that have none: a cloud may learn them only after the device is
 * on or imported. Values that a machine has stay.
 */
export async function fillIn(mine: readonly Machine[], devices: readonly Device[], means: SurveyMeans): Promise<void> {
  const byId = new Map(devices.map((device) => [device.id, device]))
  const nameOf = ({ Name }: Machine) => `machine ${Name}`
  await oneByOne(mine, nameOf, means, async (machine) => {
    const device = byId.get(deviceOf(machine) ?? '')
    if (device && hasMore(device, machine)) await fillInOne(machine.Uuid, device, means)
  })
}

function hasMore({ address, macs }: Device, { Address, HardwareAddrs }: Machine): boolean {
  return (Address === '' && address !== undefined) || (HardwareAddrs.length === 0 && macs.length > 0)
}

async function fillInOne(uuid: string, device: Device, { machines, held, call }: StepMeans): Promise<void> {
  const machine = await machines.get(uuid, call())
  if (machine === 'gone' || !hasMore(device, machine)) return
  held.assertHeld()
  const { address = '', macs } = device
  const Address = machine.Address === '' ? address : machine.Address
  const HardwareAddrs = machine.HardwareAddrs.length === 0 ? macs : machine.HardwareAddrs
  await machines.update(machine, { ...machine, Address, HardwareAddrs }, call())
}
