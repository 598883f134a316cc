import {
  chassisIdentify,
  getDeviceId,
  getSelfTestResults,
  getSystemGuid,
  guidToString,
  IpmiError,
  type IpmiSession,
  SelfTestResult,
} from 'node-ipmi'
import type { BmcRequest } from './bmc-verbs.ts'
import { writeBootDevice } from './boot-device.ts'
import { askShutdown, cycle, onceWhileOn, readPower, switchPower } from './power.ts'

const READ_TIMEOUT_MS = 20_000
const CHANGE_TIMEOUT_MS = 60_000

/** What is done in one session. */
export interface BmcTask {
  /** Least privilege that it needs. */
  readonly privilege: 'user' | 'operator'
  /** For a BMC as a whole, where nothing else is asked for. */
  readonly timeoutMs: number
  run(session: IpmiSession): Promise<unknown>
}

export function taskOf(request: BmcRequest): BmcTask {
  const { verb } = request
  switch (verb) {
    case 'status':
      return read(async (session) => ({ Power: await readPower(session) }))
    case 'info':
      return read(readInfo)
    case 'on':
    case 'off':
      return change((session) => switchPower(session, verb))
    case 'cycle':
      return change(cycle)
    case 'reset':
      return change((session) => onceWhileOn(session, 'hardReset'))
    case 'diag':
      return change((session) => onceWhileOn(session, 'diagnosticInterrupt'))
    case 'soft':
      return change(askShutdown)
    case 'boot':
      return change((session) => writeBootDevice(session, request))
    case 'identify':
      return change(async (session) => {
        await session.send(chassisIdentify, { intervalSeconds: request.seconds, force: false })
        return { IdentifySeconds: request.seconds }
      })
  }
}

function read(run: BmcTask['run']): BmcTask {
  return { privilege: 'user', timeoutMs: READ_TIMEOUT_MS, run }
}

function change(run: BmcTask['run']): BmcTask {
  return { privilege: 'operator', timeoutMs: CHANGE_TIMEOUT_MS, run }
}

async function readInfo(session: IpmiSession): Promise<Record<string, unknown>> {
  const device = await session.send(getDeviceId)
  const minor = device.firmwareMinorBcd.toString(16).padStart(2, '0')
  const selfTest = await unlessUnknown(session.send(getSelfTestResults))
  const guid = await unlessUnknown(session.send(getSystemGuid))
  return {
    Firmware: `${device.firmwareMajor}.${minor}`,
    IpmiVersion: `${device.ipmiMajor}.${device.ipmiMinor}`,
    Manufacturer: device.manufacturerId,
    Product: device.productId,
    DeviceId: device.deviceId,
    ...(guid && { Guid: guidToString(guid.guid) }),
    ...(selfTest && { SelfTest: selfTestWord(selfTest.result) }),
    CipherSuite: session.cipherSuite,
  }
}

function selfTestWord(result: number): string {
  const name = Object.entries(SelfTestResult).find(([, code]) => code === result)?.[0]
  return name ?? `device code ${result.toString(16)}h`
}

/** What a BMC does not know is left out of its description. */
async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof IpmiError && error.kind === 'completion') return undefined
    throw error
  }
}
