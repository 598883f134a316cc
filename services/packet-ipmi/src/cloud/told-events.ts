import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import type { Cloud, DeviceEvent } from './cloud.ts'

/**
 * The last things that happened to a device, the newest first; undefined where the cloud does not tell: it keeps no such list, refuses it, or fails. They only help to find something
 * out, and nothing fails for the lack of them.
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
