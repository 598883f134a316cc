import { type Call, type Described, PowerbusError, type PowerDriver, type PowerState } from '@powerbus/plugin-sdk'
import type { Cloud, DevicePower } from './cloud/cloud.ts'
import type { Device } from './cloud/device.ts'
import { toldEvents } from './cloud/told-events.ts'

/** Words by which clouds call a restart in the names of their events. */
const RESTART = /reboot|restart|power|rescue|active/i

/**
 * Powers one device of a cloud for one action, as the power engine wants it. `reset` is the cloud's own rescue: the only restart it has beside
 * `reboot`. A device on its way between on and off is busy, until this driver has sent something: from then on it has not got there yet.
 */
export function cloudPowerDriver(cloud: Cloud, deviceId: string): PowerDriver {
  let underWay: PowerState | undefined
  const send = (power: DevicePower, meanwhile: PowerState) => async (call: Call) => {
    underWay = meanwhile
    await cloud.power(deviceId, power, call)
  }
  return {
    key: `${cloud.key}/devices/${deviceId}`,
    service: 'packet-ipmi',
    mode: cloud.name,
    open: async () => ({
      status: async (call) => powerStateOf(await existing(cloud, deviceId, call), underWay),
      on: send('on', 'off'),
      off: send('off', 'on'),
      cycle: send('reboot', 'off'),
      reset: send('rescue', 'off'),
      ...(cloud.events && {
        // "null" where they are not told.
        restartMark: async (call: Call) => {
          const events = await toldEvents(cloud, deviceId, call)
          return JSON.stringify(events?.map(({ id }) => id) ?? null)
        },
        outcomeOf: async (_operation: unknown, markBefore: string, call: Call) => {
          const before: unknown = JSON.parse(markBefore)
          const events = Array.isArray(before) ? await toldEvents(cloud, deviceId, call) : undefined
          const known = new Set<unknown>(Array.isArray(before) ? before : [])
          return events?.some(({ id, type }) => !known.has(id) && RESTART.test(type)) ? 'done' : 'unknown'
        },
      }),
    }),
    describe(operation) {
      const request = requests[operation]
      return request && cloud.describe(request, deviceId)
    },
  }
}

/** The device as it is now. Throws OBJECT_UNKNOWN where it is gone. */
export async function existing(cloud: Cloud, deviceId: string, call: Call): Promise<Device> {
  const device = await cloud.get(deviceId, call)
  if (device !== 'gone') return device
  throw new PowerbusError(
    'OBJECT_UNKNOWN',
    `Device ${deviceId} is not there any more: ${cloud.name} at ${cloud.key} says so`,
  )
}

/** Throws TARGET_BUSY for one that is on its way, and TARGET_STATE for one that has no power to speak of. */
function powerStateOf(device: Device, underWay: PowerState | undefined): PowerState {
  switch (device.state) {
    case 'on':
    case 'off':
      return device.state
    case 'starting':
    case 'stopping':
      if (underWay) return underWay
      throw new PowerbusError(
        'TARGET_BUSY',
        `Device ${device.id} is ${device.stateWord}: it can be powered when it has got there`,
      )
    default:
      throw new PowerbusError(
        'TARGET_STATE',
        `Device ${device.id} is ${device.stateWord || 'in no state that the API tells'}: it can be powered when it is active or inactive`,
      )
  }
}

/** The request for each operation; what is absent no cloud can do here. */
const requests: Readonly<Partial<Record<Described, Parameters<Cloud['describe']>[0]>>> = {
  status: 'get',
  on: 'on',
  off: 'off',
  cycle: 'reboot',
  reset: 'rescue',
}
