import { bits } from '../codec/bits.ts'
import { empty } from '../codec/empty.ts'
import { NetFn } from '../spec/net-fn.ts'
import { command } from './command.ts'

/**
 * Device, firmware and IPMI version of the BMC; manufacturer (IANA enterprise number) and product. §20.1. Some BMCs
 * omit the last 4 bytes.
 */
export const getDeviceId = command({
  name: 'Get Device ID',
  netFn: NetFn.App,
  cmd: 0x01,
  privilege: 'user',
  request: empty,
  response: bits(
    {
      deviceId: [0, 8],
      deviceRevision: [8, 4],
      providesSdrs: [15],
      firmwareMajor: [16, 7],
      /** Firmware or SDR update in progress: other commands may fail. */
      updating: [23],
      /** Binary-coded decimal: 45h is ".45". */
      firmwareMinorBcd: [24, 8],
      /** The major digit is in the low nibble: 02h is 2.0, 51h is 1.5. */
      ipmiMajor: [32, 4],
      ipmiMinor: [36, 4],
      sensorDevice: [40],
      sdrRepositoryDevice: [41],
      selDevice: [42],
      fruInventoryDevice: [43],
      ipmbEventReceiver: [44],
      ipmbEventGenerator: [45],
      bridge: [46],
      chassisDevice: [47],
      manufacturerId: [48, 20],
      productId: [72, 16],
      auxiliaryFirmware: [88, 32],
    },
    { minLength: 11 },
  ),
})
