import type { Machine } from '@powerbus/drp'
import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import { deviceFields, withDevice } from '../machine/device-machine.ts'
import { createMachine, unlessProfileRefused } from '../machine/machines.ts'
import type { Creation } from '../records/records.ts'
import { ended, reached, saved } from './creation-record.ts'
import { planDeletion } from './deletion-step.ts'
import { readDevice, withoutFailedReads } from './device-read.ts'
import { endInFailure, machineGone } from './failure.ts'
import type { Pause, StepMeans } from './means.ts'
import { tagged } from './tagged.ts'

/** Polls the device until it is usable. Throws as `creationStep` does. */
export async function waitingStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { machines, clock, times, call } = means
  const { deviceId = '', deviceAtMs = 0 } = creation
  const device = await readDevice(creation, means)
  if (device instanceof PowerbusError) return endInFailure(creation, device, means)
  if (device === 'gone') return vanished(withoutFailedReads(creation), means)
  const { goneSinceMs: _, goneTimes: __, ...there } = withoutFailedReads(creation)
  if (creation.origin === 'machine' && (await machines.get(creation.id, call)) === 'gone')
    return endInFailure(there, machineGone(creation), means)
  if (device.state === 'failed') {
    const failed = new PowerbusError('TARGET_STATE', `Device ${deviceId} failed in the cloud before it was usable`)
    return endInFailure(there, failed, means)
  }
  if (isUsable(device)) {
    await saved({ ...there, phase: 'recording' }, means)
    return 0
  }
  const waitedMs = clock.dateMs() - deviceAtMs
  if (waitedMs >= times.readyMs) {
    const text = `Device ${deviceId} is ${device.stateWord} after ${Math.round(waitedMs / 60_000)} minutes, without address and MACs`
    return endInFailure(there, new PowerbusError('TARGET_TIMEOUT', text), means)
  }
  const text = `device ${deviceId} is ${device.stateWord}`
  if (creation.goneTimes !== undefined || creation.progress.at(-1)?.Text !== text)
    await reached(there, 'waiting', text, means)
  return Math.min(times.pollMostMs, Math.max(times.pollMs, waitedMs / 10))
}

/** Whether the device is on, or its address and MACs are known. */
function isUsable({ state, address, macs }: Device): boolean {
  if (state === 'on') return true
  return state !== 'deleting' && address !== undefined && macs.length > 0
}

/** Fails the creation after several "not found" answers: a cloud may not know a new device yet. */
async function vanished(creation: Creation, means: StepMeans): Promise<Pause> {
  const { clock, times } = means
  const nowMs = clock.dateMs()
  const goneSinceMs = Math.min(creation.goneSinceMs ?? nowMs, nowMs)
  const goneTimes = (creation.goneTimes ?? 0) + 1
  if (goneTimes >= times.goneTimes && nowMs - goneSinceMs >= times.settleMs) {
    const text = `Device ${creation.deviceId} was deleted by another client before it was usable`
    return endInFailure({ ...creation, goneTimes }, new PowerbusError('TARGET_STATE', text), means)
  }
  await saved({ ...creation, goneSinceMs, goneTimes }, means)
  return times.pollMostMs
}

/** Sets the fields of the usable device on its machine, or makes the machine. Throws as `creationStep` does. */
export async function recordingStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { machines, call } = means
  const device = await readDevice(creation, means)
  if (device instanceof PowerbusError) return endInFailure(creation, device, means)
  if (device === 'gone') {
    await saved({ ...creation, phase: 'waiting' }, means)
    return 0
  }
  if (creation.sends > 1) await removeSeconds(creation, device, means)
  const machine = await machines.get(creation.id, call)
  if (machine === 'gone' && creation.origin === 'machine') {
    return endInFailure(creation, machineGone(creation), means)
  }
  const own = { Name: creation.name, Uuid: creation.id }
  const recorded = machine === 'gone' ? createMachine(device, own, means) : updateMachine(machine, device, means)
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
    machines.update(machine, withDevice(machine, fields, ['packet/problem', 'packet/missing']), call),
  )
}

/** Deletes further devices with the creation's tag and hostname: each lost create may have made one after all. */
async function removeSeconds(creation: Creation, device: Device, means: StepMeans): Promise<void> {
  for (const { id, hostname } of await tagged(creation, true, means)) {
    if (id === device.id || hostname !== creation.spec?.hostname) continue
    const machine = { Uuid: creation.id, Name: creation.name }
    const reason = `${creation.sends} creates for ${creation.name} were sent, and this is the second device`
    await planDeletion({ deviceId: id, cloud: creation.cloud, reason, machine }, means)
  }
}
