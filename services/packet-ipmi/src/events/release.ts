import { type Call, type RemovedMachine, wasProtected } from '@powerbus/plugin-sdk'
import { planDeletion } from '../creation/deletion-step.ts'
import type { Means } from '../creation/means.ts'
import type { MachineName } from '../records/records.ts'
import { leave } from '../survey/leftovers.ts'

/**
 * Plans the deletion of the device of a machine that the endpoint itself says is gone. Reports the device instead if
 * another machine has it too, if no record of this plugin knows it, or if power/protected was true: the machine's own
 * value counts, else that of its profiles at the endpoint. True if a deletion was planned.
 */
export async function release(
  deviceId: string,
  machine: MachineName & RemovedMachine,
  means: Means,
  call: Call,
): Promise<boolean> {
  const { records, machines, cloud, tell } = means
  const { Uuid, Name } = machine
  const other = (await machines.ofDevice(deviceId, call)).find((one) => one.Uuid !== Uuid)
  if (other) {
    const text = `device ${deviceId} of the deleted machine ${Name} stays: machine ${other.Name} has it too`
    await tell({ action: 'kept', text, machine, deviceId })
    return false
  }
  const known = await records.cloudOf(deviceId, Uuid)
  const record = { deviceId, cloud: known ?? cloud.key, machine: { Uuid, Name } }
  const isProtected =
    (await records.get('leftover', deviceId))?.isProtected ||
    (await wasProtected(machine, (profile) => machines.profileParams(profile, call)))
  if (isProtected) {
    const reason = `its machine ${Name} was deleted while power/protected was true`
    await leave({ ...record, reason, isProtected }, means)
    return false
  }
  if (known === undefined) {
    const reason = `machine ${Name} was deleted, and the plugin has no record that this device was the machine's`
    await leave({ ...record, reason }, means)
    return false
  }
  await planDeletion({ ...record, reason: `machine ${Name} was deleted`, isReleased: true }, means)
  return true
}
