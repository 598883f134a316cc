import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import type { Cloud, DeviceEvent } from './cloud.ts'

/** Words by which clouds call a restart in the names of their events. */
const RESTART = /reboot|restart|power|rescue|active/i

/**
 * The last events of a device, newest first; undefined if the cloud has no list of events, refuses it or fails. Events
 * are only evidence, so nothing fails without them.
 */
export async function toldEvents(
  cloud: Cloud,
  deviceId: string,
  call: Call,
): Promise<readonly DeviceEvent[] | undefined> {
  try {
    return await cloud.events?.(deviceId, call)
  } catch (error) {
    if (!(error instanceof PowerbusError) || call.signal.aborted) throw error
    return undefined
  }
}

/** Whether the device has an event of a restart that is not in `before`. */
export async function hasRestarted(
  cloud: Cloud,
  deviceId: string,
  before: readonly unknown[],
  call: Call,
): Promise<boolean> {
  const events = await toldEvents(cloud, deviceId, call)
  return events?.some(({ id, type }) => !before.includes(id) && RESTART.test(type)) ?? false
}
