import type { getDeviceId } from '../commands/get-device-id.ts'

export type DeviceIdentity = ReturnType<typeof getDeviceId.response.decode>

/** An IPMI v2.0 chassis device with SDR, SEL and FRU, without a manufacturer. §20.1. */
export const defaultDeviceIdentity: DeviceIdentity = {
  deviceId: 0x20,
  deviceRevision: 1,
  providesSdrs: false,
  firmwareMajor: 1,
  updating: false,
  firmwareMinorBcd: 0x00,
  ipmiMajor: 2,
  ipmiMinor: 0,
  sensorDevice: false,
  sdrRepositoryDevice: true,
  selDevice: true,
  fruInventoryDevice: true,
  ipmbEventReceiver: false,
  ipmbEventGenerator: false,
  bridge: false,
  chassisDevice: true,
  manufacturerId: 0,
  productId: 0,
  auxiliaryFirmware: 0,
}
