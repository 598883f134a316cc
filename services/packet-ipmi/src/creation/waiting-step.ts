import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import type { Creation } from '../records/records.ts'
import { endInFailure, machineGone } from './failure.ts'
import type { Pause, StepMeans } from './means.ts'
import { reached, saved } from './progress.ts'

/** Polls the device until it is usable. Throws as `creationStep` does. */
export async function waitingStep(creation: Creation, means: StepMeans): Promise<Pause> {
  const { cloud, machines, clock, times, call } = means
  const { deviceId = '', deviceAtMs = 0 } = creation
  const device = await cloud.get(deviceId, call())
  if (device === 'gone') return vanished(creation, means)
  const { goneSinceMs: _, goneTimes: __, ...there } = creation
  if (creation.origin === 'machine' && (await machines.get(creation.id, call())) === 'gone')
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
