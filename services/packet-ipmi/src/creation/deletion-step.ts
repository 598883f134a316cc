import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Deletion, MachineName } from '../records/records.ts'
import { leave } from '../survey/leftovers.ts'
import { retire } from './creation-record.ts'
import type { Means, Pause, StepMeans } from './means.ts'
import { whyItStays } from './ownership.ts'

/** "Not found" answers in a row that prove the deletion: a cloud may not know a new device yet. */
const GONE_TIMES = 2

/** Records a deletion, unless there is a record of it. Once recorded, it survives restarts. */
export async function planDeletion(deletion: Omit<Deletion, 'sinceMs'>, { records, clock }: Means): Promise<void> {
  await records.add('deletion', deletion.deviceId, { ...deletion, sinceMs: clock.dateMs() })
}

/** Deletes the device and polls it until the API itself answers "not found" twice. Throws as `creationStep` does. */
export async function deletionStep(deletion: Deletion, means: StepMeans): Promise<Pause> {
  const { cloud, records, clock, times, held, call } = means
  const { deviceId, goneTimes = 0, ...there } = deletion
  const put = (next: Deletion) => records.put('deletion', deviceId, next, { fence: held.fence })
  let current = deletion
  try {
    if (deletion.cloud !== cloud.key)
      throw new PowerbusError(
        'TARGET_STATE',
        `Device ${deviceId} is at ${deletion.cloud}, but packet/api-url is ${cloud.key}: configure the old address to delete it`,
      )
    const device = await cloud.get(deviceId, call)
    if (device === 'gone') {
      if (goneTimes + 1 >= GONE_TIMES) return await finish(deletion, means)
      await put({ ...deletion, goneTimes: goneTimes + 1 })
      return times.pollMs
    }
    current = { deviceId, ...there }
    if (goneTimes > 0) await put(current)
    held.assertHeld()
    if (device.state !== 'deleting') {
      const reason = deletion.isReleased && (await whyItStays(deletion, device, means))
      if (reason) return await stay(deletion, reason, means)
      await cloud.delete(deviceId, call)
    }
    await handOverLate(current, `it is still ${device.stateWord}`, means)
    return Math.min(times.pollMostMs, Math.max(times.pollMs, (clock.dateMs() - deletion.sinceMs) / 10))
  } catch (error) {
    if (!(error instanceof PowerbusError)) throw error
    const isRefused = error.code === 'TARGET_STATE' || error.code === 'AUTH_FAILED'
    if (isRefused) await handOver(current, error.message, means)
    else if (error.code !== 'LEASE_LOST') await handOverLate(current, error.message, means)
    throw error
  }
}

async function handOverLate(deletion: Deletion, why: string, means: StepMeans): Promise<void> {
  if (means.clock.dateMs() - deletion.sinceMs >= means.times.handOverMs) await handOver(deletion, why, means)
}

/** Reports the deletion to the operator, once. The worker still retries it. */
async function handOver(deletion: Deletion, why: string, { records, clock, held, tell }: StepMeans): Promise<void> {
  if (deletion.handedOverAtMs !== undefined) return
  const { deviceId, machine } = deletion
  const text = `device ${deviceId} is not deleted yet (${deletion.reason}): ${why}. The plugin retries; check it in the cloud, since it costs money`
  await tell({ action: 'handed-over', text, machine, deviceId })
  await records.put('deletion', deviceId, { ...deletion, handedOverAtMs: clock.dateMs() }, { fence: held.fence })
}

/** Reports a device that is not to be deleted after all. */
async function stay(deletion: Deletion, reason: string, means: StepMeans): Promise<Pause> {
  const { deviceId, cloud, machine } = deletion
  await leave({ deviceId, cloud, reason: `${deletion.reason}, but ${reason}`, ...(machine && { machine }) }, means)
  await means.records.remove('deletion', deviceId, { fence: means.held.fence })
  return 'over'
}

/** Reports last, so that repeats of the earlier steps report nothing twice. */
async function finish({ deviceId, reason, machine }: Deletion, means: StepMeans): Promise<Pause> {
  const { records, machines, held, tell, call } = means
  await records.remove('leftover', deviceId)
  await records.remove('boot-once', deviceId)
  await records.remove('device', deviceId)
  for (const creation of await creationsOf(deviceId, machine, means))
    if ((await machines.get(creation.id, call)) === 'gone') await retire(creation, means)
  await tell({ action: 'deleted', text: `device ${deviceId} is gone (${reason})`, machine, deviceId })
  await records.remove('deletion', deviceId, { fence: held.fence })
  return 'over'
}

/** Creations of the device. A failed createVm stays: its caller still reads it, and it expires by itself. */
async function creationsOf(deviceId: string, machine: MachineName | undefined, { records }: StepMeans) {
  const found = machine ? [await records.get('creation', machine.Uuid)] : await records.all('creation')
  return found
    .filter((creation) => creation !== undefined)
    .filter(
      (creation) => creation.deviceId === deviceId && (creation.phase !== 'failed' || creation.origin !== 'action'),
    )
}
