import type { Machine } from '@powerbus/drp'
import type { Device } from '../cloud/device.ts'
import { deviceFields, withDevice } from '../machine/device-machine.ts'
import { createMachine, unlessProfileRefused } from '../machine/machines.ts'
import type { Creation } from '../records/records.ts'
import { endInFailure, machineGone } from './failure.ts'
import type { Pause, StepMeans } from './means.ts'
import { planDeletion } from './plan-deletion.ts'
import { ended, saved } from './progress.ts'
import { tagged } from './tagged.ts'

/** Sets the fields of the usable device on its machine, or makes the machine. Throws as `creationStep` does. */
export async function recordingStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { cloud, machines, call } = means
  const device = await cloud.get(creation.deviceId ?? '', call())
  if (device === 'gone') {
    await saved({ ...creation, phase: 'waiting' }, means)
    return 0
  }
  if (creation.sends > 1) await removeSeconds(creation, device, means)
  const machine = await machines.get(creation.id, call())
  if (machine === 'gone' && creation.origin === 'machine') {
    return endInFailure(creation, machineGone(creation), means)
  }
  const own = { Name: creation.name, Uuid: creation.id }
  const recorded =
    machine === 'gone' ? createMachine(device, own, means, call()) : updateMachine(machine, device, means)
  const done = { ...creation, phase: 'done', name: (await recorded).Name } as const
  await ended(done, 'ready', `device ${device.id} is ${device.stateWord}`, means)
  return 'over'
}

async function updateMachine(
  machine: Machine,
  device: Device,
  { machines, plugin, call }: StepMeans,
): Promise<Machine> {
  return await unlessProfileRefused(deviceFields(device, plugin), (fields) =>
    machines.update(machine, withDevice(machine, fields, ['packet/problem', 'packet/missing']), call()),
  )
}

/** Deletes further devices with the creation's tag and hostname: each lost create may have made one after all. */
async function removeSeconds(creation: Creation, device: Device, means: StepMeans): Promise<void> {
  const { spec } = creation
  if (!spec) return
  for (const { id, hostname } of await tagged(creation.id, spec.projectId, true, means)) {
    if (id === device.id || hostname !== spec.hostname) continue
    const machine = { Uuid: creation.id, Name: creation.name }
    const reason = `${creation.sends} creates for ${creation.name} were sent, and this is the second device`
    await planDeletion({ deviceId: id, cloud: creation.cloud, reason, machine }, means)
  }
}
