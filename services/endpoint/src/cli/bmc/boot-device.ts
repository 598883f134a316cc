import {
  BootDevice,
  type BootDeviceName,
  type BootFlags,
  BootOption,
  bootFlags,
  bootFlagValidClearing,
  getSystemBootOptions,
  IpmiError,
  type IpmiSession,
  noBootFlags,
  setSystemBootOptions,
} from 'node-ipmi'
import { CliError } from '../cli-error.ts'
import type { BmcRequest, BootDeviceWord } from './bmc-verbs.ts'

export interface BootResult {
  readonly BootDevice: BootDeviceWord
  readonly Persistent: boolean
  readonly EFI: boolean
  readonly Verified: true
}

const devices = { none: 'none', pxe: 'pxe', disk: 'disk', cd: 'cdrom', bios: 'bios' } as const satisfies Record<
  BootDeviceWord,
  BootDeviceName
>

/** Sets what the machine boots from, and reads it back. §28.12, §28.13. */
export async function writeBootDevice(
  session: IpmiSession,
  { device, persistent, efi }: Extract<BmcRequest, { verb: 'boot' }>,
): Promise<BootResult> {
  await keepFlagsOverTime(session)
  const wanted: BootFlags = {
    ...noBootFlags,
    valid: device !== 'none',
    persistent,
    efi,
    device: BootDevice[devices[device]],
  }
  await session.send(setSystemBootOptions, {
    parameter: BootOption.flags,
    invalid: false,
    data: bootFlags.encode(wanted),
  })
  const answer = await session.send(getSystemBootOptions, { parameter: BootOption.flags, set: 0, block: 0 })
  const found = bootFlags.decode(answer.data)
  if (found.device !== wanted.device || found.persistent !== persistent || found.efi !== efi) {
    throw new CliError(`${session.address}: the BMC took the boot device, but reads back another one`)
  }
  return { BootDevice: device, Persistent: persistent, EFI: efi, Verified: true }
}

/** Without this a BMC forgets the flags where no Chassis Control comes within 60 seconds. Some BMCs refuse the option. */
async function keepFlagsOverTime(session: IpmiSession): Promise<void> {
  const data = bootFlagValidClearing.encode({
    keepOnPowerButton: false,
    keepOnResetButton: false,
    keepOnWatchdog: false,
    keepOnTimeout: true,
    keepOnPef: false,
  })
  try {
    await session.send(setSystemBootOptions, { parameter: BootOption.flagValidClearing, invalid: false, data })
  } catch (error) {
    if (!(error instanceof IpmiError) || error.kind !== 'completion') throw error
  }
}
