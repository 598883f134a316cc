import {
  type BootDeviceName,
  bootDeviceName,
  chassisIdentify,
  controlPower,
  getDeviceId,
  getSelfTestResults,
  getSystemGuid,
  guidToString,
  IpmiError,
  type IpmiSession,
  readBootFlags,
  readPower,
  SelfTestResult,
  writeBootFlags,
} from 'node-ipmi'
import { CliError } from '../cli-error.ts'
import type { BmcRequest, BootDeviceWord } from './bmc-verbs.ts'

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
    case 'cycle':
    case 'reset':
    case 'diag':
    case 'soft':
      return change(async (session) => {
        const { power, changed, verified } = await controlPower(session, verb)
        return { Power: power, Changed: changed, Verified: verified }
      })
    case 'boot':
      return change((session) => setBootDevice(session, request))
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

const bootDevices = { none: 'none', pxe: 'pxe', disk: 'disk', cd: 'cdrom', bios: 'bios' } as const satisfies Record<
  BootDeviceWord,
  BootDeviceName
>

/** Sets the boot flags and reads them back. */
async function setBootDevice(
  session: IpmiSession,
  { device, persistent, efi }: Extract<BmcRequest, { verb: 'boot' }>,
): Promise<Record<string, unknown>> {
  await writeBootFlags(session, { device: bootDevices[device], persistent, efi })
  const found = await readBootFlags(session)
  const name = bootDeviceName(found.device)
  if (name !== bootDevices[device] || found.persistent !== persistent || found.efi !== efi) {
    const flags = `${name ?? 'another device'}${found.persistent ? ', persistent' : ''}${found.efi ? ', EFI' : ''}`
    throw new CliError(`the BMC took the boot device, but reads back ${flags}`)
  }
  return { BootDevice: device, Persistent: persistent, EFI: efi, Verified: true }
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
