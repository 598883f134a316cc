import type { BootSetting, Call } from '@powerbus/plugin-sdk'
import {
  ChassisControl,
  type ChassisControlName,
  chassisControl,
  chassisIdentify,
  findRestart,
  getChassisStatus,
  getDeviceId,
  getSelfTestResults,
  getSystemGuid,
  getSystemRestartCause,
  guidToString,
  IpmiClient,
  type IpmiSession,
  readPower,
  readRestartMark,
  writeBootFlags,
} from 'node-ipmi'
import { keyBytes, type Target } from '../target.ts'
import {
  faultsOf,
  identifyOf,
  lastPowerEventsOf,
  restartCauseOf,
  restorePolicyOf,
  selfTestOf,
} from './chassis-words.ts'
import type { BmcInfo, DriverFactory, Health, IpmiDriver } from './driver.ts'
import { ipmiFailure, isUnknownCommand } from './ipmi-failure.ts'
import { bootDescription, readBoot } from './ipmitool-boot.ts'
import { descriptions } from './ipmitool-descriptions.ts'
import { packetMetrics } from './packet-metrics.ts'

const DEFAULT_PORT = 623

/** Mode `ipmitool`: IPMI v2.0 over RMCP+, spoken by node-ipmi. One client for all BMCs of the process. */
export function ipmitool(client: IpmiClient = new IpmiClient()): DriverFactory {
  return {
    open: (target) => openDriver(client, target),
    metrics: () => packetMetrics(client.counters),
    close: () => client.close(),
  }
}

function openDriver(client: IpmiClient, target: Target): IpmiDriver {
  const port = target.port === 0 ? DEFAULT_PORT : target.port
  const host = target.address.toLowerCase()
  const key = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const { kg, cipherSuite, privilege, workarounds } = target
  const login = {
    address: target.address,
    port,
    username: target.username,
    password: target.password.reveal(),
    ...(kg && { kg: keyBytes(kg) }),
    ...(cipherSuite && { cipherSuite }),
    ...(privilege && { privilege }),
    workarounds,
  }

  async function inSession<T>(call: Call, work: (session: IpmiSession) => Promise<T>, once = false): Promise<T> {
    try {
      return await client.run(login, work, { signal: call.signal, timeoutMs: call.timeoutMs })
    } catch (error) {
      throw ipmiFailure(error, once)
    }
  }

  const controlWork = (name: ChassisControlName) => async (session: IpmiSession) => {
    await session.send(chassisControl, { control: ChassisControl[name] })
  }
  const control = (name: ChassisControlName) => (call: Call) => inSession(call, controlWork(name))

  /** A completion code that came back for one of these is the end of it: it is not sent again for the sake of a better one. */
  const controlOnce = (name: ChassisControlName) => (call: Call) => inSession(call, controlWork(name), true)

  return {
    key,
    service: 'ipmi',
    mode: 'ipmitool',
    status: (call) => inSession(call, readPower),
    on: control('powerUp'),
    off: control('powerDown'),
    cycle: controlOnce('powerCycle'),
    reset: controlOnce('hardReset'),
    diag: controlOnce('diagnosticInterrupt'),
    soft: control('softShutdown'),
    getBoot: (call): Promise<BootSetting> => inSession(call, (session) => readBoot(session, workarounds)),
    setBoot: (request, call) => inSession(call, (session) => writeBootFlags(session, request)),
    restartMark: (call) => inSession(call, async (session) => JSON.stringify(await readRestartMark(session))),
    /** The engine has watched the machine by now, so this looks once. */
    outcomeOf: (_operation, before, call) => inSession(call, (session) => findRestart(session, JSON.parse(before), 0)),
    identify: (seconds, call) =>
      inSession(call, async (session) => {
        await session.send(chassisIdentify, { intervalSeconds: seconds, force: false })
      }),
    info: (call) => inSession(call, (session) => readInfo(session, key)),
    health: (call) => inSession(call, readHealth),
    describe: (operation) => descriptions[operation],
    describeBoot: (request) => bootDescription(request, workarounds),
  }
}

async function readInfo(session: IpmiSession, key: string): Promise<BmcInfo> {
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
  }
}

async function readHealth(session: IpmiSession): Promise<Health> {
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
