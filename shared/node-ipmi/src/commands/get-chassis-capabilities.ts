import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Features of the chassis, and slave addresses of its devices. §28.1. `bridgeAddress` is optional; ipmi_sim sends stray
 * bytes after it. The flags are in the first byte.
 */
export const getChassisCapabilities = command({
  name: 'Get Chassis Capabilities',
  netFn: NetFn.Chassis,
  cmd: 0x00,
  privilege: 'user',
  request: empty,
  response: bits(
    {
      intrusionSensor: [0],
      frontPanelLockout: [1],
      diagnosticInterrupt: [2],
      powerInterlock: [3],
      fruAddress: [8, 8],
      sdrAddress: [16, 8],
      selAddress: [24, 8],
      systemManagementAddress: [32, 8],
      bridgeAddress: [40, 8],
    },
    { minLength: 1 },
  ),
})
