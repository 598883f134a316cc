import { type Call, type Described, PowerbusError, type PowerDriver, type PowerState } from '@powerbus/plugin-sdk'
import type { Cloud, DevicePower } from './cloud/cloud.ts'
import type { Device } from './cloud/device.ts'
import { hasRestarted, toldEvents } from './cloud/told-events.ts'

/**
 * Power driver of one device for one action. `reset` is the cloud's rescue, its only restart beside `reboot`. A device
 * between on and off counts as busy until this driver has sent a request; after it, the change is still under way.
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
        // JSON of the ids; "null" if the cloud gives no events.
        restartMark: async (call: Call) => {
          const events = await toldEvents(cloud, deviceId, call)
          return JSON.stringify(events?.map(({ id }) => id) ?? null)
        },
        outcomeOf: async (_operation: unknown, markBefore: string, call: Call) => {
          const before: unknown = JSON.parse(markBefore)
          return Array.isArray(before) && (await hasRestarted(cloud, deviceId, before, call)) ? 'done' : 'unknown'
        },
      }),
    }),
    describe(operation) {
      const request = requests[operation]
      return request && cloud.describe(request, deviceId)
    },
  }
}

/** The device as it is now. Throws OBJECT_UNKNOWN if it is gone. */
export async function existing(cloud: Cloud, deviceId: string, call: Call): Promise<Device> {
  const device = await cloud.get(deviceId, call)
  if (device !== 'gone') return device
  throw new PowerbusError(
    'OBJECT_UNKNOWN',
    `Device ${deviceId} is gone: the ${cloud.name} API at ${cloud.key} answered "not found"; check packet/uuid`,
  )
}

/** Throws TARGET_BUSY while the device changes between on and off, and TARGET_STATE if it can be neither. */
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
        `Device ${device.id} is ${device.stateWord}; nothing was sent. Repeat the command when the change is done`,
      )
    default:
      throw new PowerbusError(
        'TARGET_STATE',
        `Device ${device.id} is ${device.stateWord || 'in an unknown state'}; power commands need it active or inactive`,
      )
  }
}

/** The request of each operation. Clouds have no request for the operations that are absent. */
const requests: Readonly<Partial<Record<Described, Parameters<Cloud['describe']>[0]>>> = {
  status: 'get',
  on: 'on',
  off: 'off',
  cycle: 'reboot',
  reset: 'rescue',
}
