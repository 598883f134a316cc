import {
  getChassisStatus,
  getDeviceId,
  getSelfTestResults,
  getSystemGuid,
  getSystemRestartCause,
  guidToString,
  type IpmiSession,
  PowerRestorePolicy,
  RestartCause,
  SelfTestResult,
} from 'node-ipmi'
import type { BmcInfo, Health } from '../facts.ts'
import { faults, lastPowerEvents, nameOf, wordsOf } from './chassis-words.ts'
import { unlessRefused } from './ipmi-failure.ts'

const identifyStates = ['off', 'timed', 'on', 'unknown'] as const

/** What the BMC is. Throws IpmiError. §20.1, §22.14. */
export async function readInfo(session: IpmiSession, key: string): Promise<BmcInfo> {
  const device = await session.send(getDeviceId)
  const guid = await unlessRefused(session, () => session.send(getSystemGuid))
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
    Guid: guid ? guidText(session, guid.guid) : null,
    CipherSuite: session.cipherSuite,
  }
}

const guidOrders = ['ipmi', 'smbios', 'rfc4122'] as const

/** The GUID as dmidecode shows it; null for all zeros or ones, by which firmware says that it has none (SMBIOS §7.2.1). */
function guidText(session: IpmiSession, bytes: Uint8Array): string | null {
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) return null
  return guidToString(
    bytes,
    guidOrders.find((order) => session.hasWorkaround(`guid-${order}`)),
  )
}

/** Result and detail of the BMC's own test; `not-supported` where it refuses the command. Throws IpmiError. §20.4. */
export async function readSelfTest(session: IpmiSession): Promise<{ readonly word: string; readonly detail: number }> {
  const test = await unlessRefused(session, () => session.send(getSelfTestResults))
  const word = test ? (nameOf(SelfTestResult, test.result) ?? 'device-specific') : 'not-supported'
  return { word, detail: test?.detail ?? 0 }
}

/** How machine and BMC are. Throws IpmiError. §28.2, §20.4, §28.11. */
export async function readHealth(session: IpmiSession): Promise<Health> {
  const chassis = await session.send(getChassisStatus)
  const { word: selfTest, detail } = await readSelfTest(session)
  const cause = await unlessRefused(session, () => session.send(getSystemRestartCause))
  const found = wordsOf(faults, chassis)
  const identify = chassis.identifySupported ? identifyStates[chassis.identifyState] : undefined
  return {
    Power: chassis.powerOn ? 'on' : 'off',
    Healthy: found.length === 0 && ['passed', 'not-implemented', 'not-supported'].includes(selfTest),
    SelfTest: selfTest,
    SelfTestDetail: detail,
    Faults: found,
    LastPowerEvents: wordsOf(lastPowerEvents, chassis),
    RestartCause: cause ? (nameOf(RestartCause, cause.cause) ?? `cause-${cause.cause}`) : null,
    RestorePolicy: nameOf(PowerRestorePolicy, chassis.restorePolicy) ?? 'unknown',
    Identify: identify ?? 'unknown',
  }
}
