import {
  BootDevice,
  type BootDeviceName,
  type BootFlags,
  BootOption,
  bootFlags,
  bootFlagValidClearing,
  bootInfoAcknowledge,
  bootSetInProgress,
  noBootFlags,
  SetInProgress,
} from '../commands/boot-option-parameters.ts'
import { getSystemBootOptions } from '../commands/get-system-boot-options.ts'
import { setSystemBootOptions } from '../commands/set-system-boot-options.ts'
import { isPassing } from '../spec/completion-code.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'

/** Completion code of Set System Boot Options: another party has set "set in progress". §28.12. */
const ALREADY_IN_PROGRESS = 0x81

/** Longest time another console may hold "set in progress", in milliseconds; after that its lock is broken. */
const IN_PROGRESS_PATIENCE_MS = 3000
/** Longest time that a BMC may be busy with an optional parameter; after that the parameter is left out. */
const BUSY_PATIENCE_MS = 1000
const POLL_MS = 250
/** Bit "BIOS/POST" of boot info acknowledge (parameter 4). */
const BIOS_POST = 0x01
/** Supermicro boots a UEFI disk with the selector of primary remote media: data 2 of parameter 5 is 24h. */
const SUPERMICRO_UEFI_DISK = BootDevice.primaryRemoteMedia

export interface BootFlagsWrite {
  readonly device: BootDeviceName
  /** True: for all future boots. False: for the next boot. */
  readonly persistent: boolean
  /** True: UEFI boot. False: legacy BIOS boot. */
  readonly efi: boolean
  /** Further boot flags; default off. */
  readonly other?: Partial<Omit<BootFlags, 'device' | 'persistent' | 'efi' | 'valid'>>
  /** True: the BMC clears the flags if no Chassis Control comes within 60 s. Default false. */
  readonly expireAfterMinute?: boolean
}

/** What the BMC made of the boot flags beside storing them. */
export interface BootFlagsWritten {
  /**
   * The flags last until a boot uses them. False: the BMC clears them if no Chassis Control comes within 60 s, because
   * the caller wanted it, or the BMC refused parameter 3.
   */
  readonly keepsFlags: boolean
}

/** Reads the boot flags. §28.13, parameter 5. Throws IpmiError: `invalid` for an answer without the boot device. */
export async function readBootFlags(session: IpmiSession): Promise<BootFlags> {
  const { data } = await session.send(getSystemBootOptions, { parameter: BootOption.flags, set: 0, block: 0 })
  if (data.length >= bootFlags.minLength) return bootFlags.decode(data)
  throw new IpmiError('invalid', session.address, `${getSystemBootOptions.name}: the BMC's answer has no boot device`)
}

/**
 * Sets the boot flags: set in progress (parameter 0), 60-second timer off (3), boot info not yet handled by the BIOS
 * (4), flags (5), set complete (0). §28.12, §28.13. The caller may repeat it, and reads the flags back to verify them.
 * Parameters 0, 3 and 4 are optional: a BMC may refuse them with any completion code. Throws IpmiError, `completion` for
 * a refusal of parameter 5 alone.
 */
export async function writeBootFlags(session: IpmiSession, write: BootFlagsWrite): Promise<BootFlagsWritten> {
  const isLocked = await setInProgress(session)
  try {
    const keepsFlags = await keepFlags(session, write.expireAfterMinute === true)
    await acknowledge(session)
    await setOption(session, BootOption.flags, bootFlags.encode(flagsOf(session, write)))
    return { keepsFlags }
  } finally {
    if (isLocked) await setComplete(session)
  }
}

function flagsOf(session: IpmiSession, { device, persistent, efi, other }: BootFlagsWrite): BootFlags {
  const supermicro = efi && device === 'disk' && session.hasWorkaround('supermicro-uefi-disk')
  const selector = supermicro ? SUPERMICRO_UEFI_DISK : BootDevice[device]
  return { ...noBootFlags, ...other, valid: true, persistent, efi, device: selector }
}

async function setOption(session: IpmiSession, parameter: number, data: Uint8Array): Promise<void> {
  await session.send(setSystemBootOptions, { parameter, invalid: false, data })
}

/** Takes the advisory lock. False if the BMC refuses parameter 0, or still does so after the lock of another was broken. */
async function setInProgress(session: IpmiSession): Promise<boolean> {
  const data = bootSetInProgress.encode({ state: SetInProgress.inProgress })
  const patientUntilMs = session.nowMs() + IN_PROGRESS_PATIENCE_MS
  for (;;) {
    const code = await refusal(session, BootOption.setInProgress, data)
    if (code !== ALREADY_IN_PROGRESS) return code === undefined
    if (session.nowMs() >= patientUntilMs) break
    await session.sleep(POLL_MS)
  }
  await setComplete(session)
  return (await refusal(session, BootOption.setInProgress, data)) === undefined
}

async function setComplete(session: IpmiSession): Promise<void> {
  await refusal(session, BootOption.setInProgress, bootSetInProgress.encode({ state: SetInProgress.complete }))
}

/** Parameter 3. By default the BMC clears the valid bit after 60 seconds without a Chassis Control command. */
async function keepFlags(session: IpmiSession, expire: boolean): Promise<boolean> {
  if (session.hasWorkaround('no-boot-timer-option')) return false
  const clearing = bootFlagValidClearing.decode(new Uint8Array(1))
  const data = bootFlagValidClearing.encode({ ...clearing, keepOnTimeout: !expire })
  const isAccepted = (await refusal(session, BootOption.flagValidClearing, data)) === undefined
  return isAccepted && !expire
}

/** Parameter 4: marks the boot info as not yet handled by the BIOS. */
async function acknowledge(session: IpmiSession): Promise<void> {
  const data = bootInfoAcknowledge.encode({ writeMask: BIOS_POST, acknowledged: BIOS_POST })
  await refusal(session, BootOption.infoAcknowledge, data)
}

/**
 * Sets an optional parameter. Returns the completion code by which the BMC refuses it, undefined if the BMC accepts. A
 * busy BMC is asked again for BUSY_PATIENCE_MS. Throws any other error.
 */
async function refusal(session: IpmiSession, parameter: number, data: Uint8Array): Promise<number | undefined> {
  const patientUntilMs = session.nowMs() + BUSY_PATIENCE_MS
  for (;;) {
    try {
      await setOption(session, parameter, data)
      return undefined
    } catch (error) {
      const code = completionCodeOf(error)
      if (code === undefined) throw error
      if (!isPassing(code) || session.nowMs() >= patientUntilMs) return code
    }
    await session.sleep(POLL_MS)
  }
}

function completionCodeOf(error: unknown): number | undefined {
  return error instanceof IpmiError && error.kind === 'completion' ? error.completionCode : undefined
}
