import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Creation, Deletion, MachineName } from '../records/records.ts'
import type { Pause, StepMeans } from './means.ts'
import { retire } from './retire.ts'

/** Answers "not found" in a row after which a device is gone: a cloud may not know one yet that it has just made. */
const GONE_TIMES = 2

/** Asks for the device's end, and looks, until the API itself has said that it is gone. Throws as `creationStep` does. */
export async function deletionStep(deletion: Deletion, means: StepMeans): Promise<Pause> {
  const { cloud, records, clock, times, held, call } = means
  const { deviceId } = deletion
  try {
    if (deletion.cloud !== cloud.key)
      throw new PowerbusError(
        'TARGET_STATE',
        `Device ${deviceId} is at ${deletion.cloud}, and the plugin is configured for ${cloud.key}`,
      )
    const device = await cloud.get(deviceId, call())
    if (device === 'gone') {
      const goneTimes = (deletion.goneTimes ?? 0) + 1
      if (goneTimes >= GONE_TIMES) return await finish(deletion, means)
      await records.put('deletion', deviceId, { ...deletion, goneTimes }, held)
      return times.pollMs
    }
    if (deletion.goneTimes !== undefined) {
      const { goneTimes: _, ...there } = deletion
      await records.put('deletion', deviceId, there, held)
    }
    held.assertHeld()
    if (device.state !== 'deleting') await cloud.delete(deviceId, call())
    await handOverLate(deletion, `it is still ${device.stateWord}`, means)
    return Math.min(times.pollMostMs, Math.max(times.pollMs, (clock.dateMs() - deletion.sinceMs) / 10))
  } catch (error) {
    if (!(error instanceof PowerbusError)) throw error
    const isRefused = error.code === 'TARGET_STATE' || error.code === 'AUTH_FAILED'
    if (isRefused) await handOver(deletion, error.message, means)
    else if (error.code !== 'LEASE_LOST') await handOverLate(deletion, error.message, means)
    throw error
  }
}

async function handOverLate(deletion: Deletion, why: string, means: StepMeans): Promise<void> {
  if (means.clock.dateMs() - deletion.sinceMs >= means.times.handOverMs) await handOver(deletion, why, means)
}

/** Once. It is tried on, and an operator knows of it. */
async function handOver(deletion: Deletion, why: string, { records, clock, held, tell }: StepMeans): Promise<void> {
  const kept = await records.get('deletion', deletion.deviceId)
  if (!kept || kept.handedOverAtMs !== undefined) return
  const { deviceId, machine } = deletion
  const text = `device ${deviceId} should be deleted (${deletion.reason}), and is not: ${why}. It is tried on; see that it does not cost money for nothing`
  await tell({ action: 'handed-over', text, machine, deviceId })
  await records.put('deletion', deviceId, { ...kept, handedOverAtMs: clock.dateMs() }, held)
}

/** Told last, so that it is told once, however often the rest has to be done again. */
async function finish({ deviceId, reason, machine }: Deletion, means: StepMeans): Promise<Pause> {
  const { records, machines, held, tell, call } = means
  await records.remove('leftover', deviceId)
  await records.remove('boot-once', deviceId)
  await records.remove('device', deviceId)
  for (const creation of await creationsOf(deviceId, machine, means))
    if ((await machines.get(creation.id, call())) === 'gone') await retire(creation, means)
  await tell({ action: 'deleted', text: `device ${deviceId} is gone (${reason})`, machine, deviceId })
  await records.remove('deletion', deviceId, held)
  return 'over'
}

/** A failure that had no machine yet is still asked for by whoever wanted it; it goes by itself. */
async function creationsOf(deviceId: string, machine: MachineName | undefined, { records }: StepMeans) {
  const named = machine && (await records.get('creation', machine.Uuid))
  const found = machine ? [named] : await records.all('creation')
  return found
    .filter((creation) => creation !== undefined)
    .filter((creation) => creation.deviceId === deviceId && !isAskedFor(creation))
}

function isAskedFor({ phase, origin }: Creation): boolean {
  return phase === 'failed' && origin === 'action'
}
