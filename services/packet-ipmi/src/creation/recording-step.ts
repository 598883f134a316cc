import type { Machine } from '@powerbus/drp'
import type { Device } from '../cloud/device.ts'
import { deviceFields, newMachine, unlessProfileRefused, withDevice } from '../machine/device-machine.ts'
import { createUnderFreeName } from '../machine/machines.ts'
import type { Creation } from '../records/records.ts'
import { endInFailure, machineGone } from './failure.ts'
import type { Pause, StepMeans } from './means.ts'
import { ended, saved } from './progress.ts'
import { tagged } from './tagged.ts'

/** The device is usable: the machine is told of it, or made. */
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
  const told = machine === 'gone' ? makeMachine(creation, device, means) : record(machine, device, means)
  // Its name may be another one than was asked for.
  const done = { ...creation, phase: 'done', name: (await told).Name } as const
  await ended(done, 'ready', `device ${device.id} is ${device.stateWord}`, means)
  return 'over'
}

async function record(machine: Machine, device: Device, { machines, plugin, call }: StepMeans): Promise<Machine> {
  return await unlessProfileRefused(deviceFields(device, plugin), (fields) =>
    machines.update(machine, withDevice(machine, fields, ['packet/problem', 'packet/missing']), call()),
  )
}

/** Under the creation's own id, so that it is made once. A name that is taken is told apart by the device's id. */
async function makeMachine(
  { id, name }: Creation,
  device: Device,
  { machines, plugin, call }: StepMeans,
): Promise<Machine> {
  return await unlessProfileRefused(deviceFields(device, plugin), (fields) =>
    createUnderFreeName(machines, { ...newMachine(device, fields), Name: name, Uuid: id }, device, call()),
  )
}

/** Where a create was sent more than once, a first one may have come through late: what carries the tag and is not the machine's device was made by us, and goes. */
async function removeSeconds(creation: Creation, device: Device, means: StepMeans): Promise<void> {
  const { spec } = creation
  if (!spec) return
  for (const { id, hostname } of await tagged(creation.id, spec.projectId, true, means)) {
    if (id === device.id || hostname !== spec.hostname) continue
    const machine = { Uuid: creation.id, Name: creation.name }
    const reason = `a create for ${creation.name} was sent ${creation.sends} times, and this is the second device`
    await means.records.add('deletion', id, {
      deviceId: id,
      cloud: creation.cloud,
      reason,
      machine,
      sinceMs: means.clock.dateMs(),
    })
  }
}
