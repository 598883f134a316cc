import {
  getChassisStatus,
  getDeviceId,
  getSelfTestResults,
  getSystemGuid,
  getSystemRestartCause,
  guidToString,
  type IpmiSession,
} from 'node-ipmi'
import type { BmcInfo, Health } from '../driver.ts'
import {
  faultsOf,
  identifyOf,
  lastPowerEventsOf,
  restartCauseOf,
  restorePolicyOf,
  selfTestOf,
} from './chassis-words.ts'
import { isUnknownCommand } from './ipmi-failure.ts'

/** What the BMC is. Throws IpmiError. §20.1, §22.14. */
export async function readInfo(session: IpmiSession, key: string): Promise<BmcInfo> {
  const device = await session.send(getDeviceId)
  const guid = await unlessUnknown(session.send(getSystemGuid))
  const minor = device.firmwareMinorBcd.toString(16).padStart(2, '0')
  return {
    Address: key,
    Mode: 'ipmitool',
    DeviceId: device.deviceId,
    DeviceRevision: device.deviceRevision,
    Firmware: `${device.firmwareMajor}.${minor}`,
    IpmiVersion: `${device.ipmiMajor}.${device.ipmiMinor}`,
    ManufacturerId: device.manufacturerId,
    ProductId: device.productId,
    Guid: guid ? guidToString(guid.guid) : null,
    CipherSuite: session.cipherSuite,
  }
}

/** How machine and BMC are. Throws IpmiError. §28.2, §20.4, §28.11. */
export async function readHealth(session: IpmiSession): Promise<Health> {
  const chassis = await session.send(getChassisStatus)
  const test = await unlessUnknown(session.send(getSelfTestResults))
  const cause = await unlessUnknown(session.send(getSystemRestartCause))
  const selfTest = test ? selfTestOf(test.result) : 'not-supported'
  const faults = faultsOf(chassis)
  return {
    Power: chassis.powerOn ? 'on' : 'off',
    Healthy: faults.length === 0 && ['passed', 'not-implemented', 'not-supported'].includes(selfTest),
    SelfTest: selfTest,
    SelfTestDetail: test?.detail ?? 0,
    Faults: faults,
    LastPowerEvents: lastPowerEventsOf(chassis),
    RestartCause: cause ? restartCauseOf(cause.cause) : null,
    RestorePolicy: restorePolicyOf(chassis),
    Identify: identifyOf(chassis),
  }
}

/** Undefined where the BMC does not have the command. */
async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isUnknownCommand(error)) return undefined
    throw error
  }
}
