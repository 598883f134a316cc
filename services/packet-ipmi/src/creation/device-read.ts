import { PowerbusError } from '@powerbus/plugin-sdk'
import type { Device } from '../cloud/device.ts'
import type { Creation } from '../records/records.ts'
import { saved } from './creation-record.ts'
import { longCall, type StepMeans } from './means.ts'

/**
 * The device of a creation. Returns an error if the creation ends with it: `goneTimes` reads in a row have failed and
 * the deadline has passed, or the API refuses the device while it answers for the rest of the project. Throws what the
 * cloud throws if the read failed and is to be repeated; that read is recorded.
 */
export async function readDevice(creation: Creation, means: StepMeans): Promise<Device | 'gone' | PowerbusError> {
  const { cloud, call } = means
  try {
    return await cloud.get(creation.deviceId ?? '', call)
  } catch (error) {
    if (!(error instanceof PowerbusError) || call.signal.aborted) throw error
    const end = await afterFailedRead(creation, error, means)
    if (end) return end
    throw error
  }
}

/** The record without failed reads, after one that succeeded. */
export function withoutFailedReads(creation: Creation): Creation {
  const { unreadTimes: _, refusedTimes: __, refusedSinceMs: ___, ...read } = creation
  return read
}

/** When a creation that waits for its device ends. */
export function deadlineOf({ phase, deviceAtMs }: Creation, readyMs: number): number | undefined {
  return phase === 'waiting' && deviceAtMs !== undefined ? deviceAtMs + readyMs : undefined
}

async function afterFailedRead(
  creation: Creation,
  error: PowerbusError,
  means: StepMeans,
): Promise<PowerbusError | undefined> {
  const { clock, times } = means
  const isRefused = error.code === 'AUTH_FAILED' && (await isMissingInProject(creation, means))
  const nowMs = clock.dateMs()
  const { refusedTimes: _, refusedSinceMs: __, unreadTimes = 0, ...rest } = creation
  const refusedSinceMs = Math.min(creation.refusedSinceMs ?? nowMs, nowMs)
  const refusedTimes = (creation.refusedTimes ?? 0) + 1
  const read = { ...rest, unreadTimes: unreadTimes + 1 }
  await saved(isRefused ? { ...read, refusedSinceMs, refusedTimes } : read, means)
  const { deviceId } = creation
  if (isRefused && refusedTimes >= times.goneTimes && nowMs - refusedSinceMs >= times.settleMs)
    return new PowerbusError(
      'TARGET_STATE',
      `Device ${deviceId} is not in its project any more, and the API refuses to show it: it probably failed to provision and was moved away (${error.message})`,
      { cause: error },
    )
  const deadlineMs = deadlineOf(creation, times.readyMs)
  if (deadlineMs === undefined || nowMs < deadlineMs || read.unreadTimes < times.goneTimes) return undefined
  const minutes = Math.round(times.readyMs / 60_000)
  return new PowerbusError(
    'TARGET_TIMEOUT',
    `Device ${deviceId} was not usable after ${minutes} minutes, and cannot be read: ${error.message}`,
    { cause: error },
  )
}

/**
 * Whether the same key is shown the whole project, and the device is not in it. False if that cannot be said: then the
 * refusal may be a rate limit, or the key's.
 */
async function isMissingInProject({ deviceId, spec }: Creation, { cloud, call }: StepMeans): Promise<boolean> {
  if (!spec) return false
  try {
    const { items, complete } = await cloud.list({ projectId: spec.projectId }, longCall(call))
    return complete && !items.some(({ id }) => id === deviceId)
  } catch (error) {
    if (!(error instanceof PowerbusError) || call.signal.aborted) throw error
    return false
  }
}
