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
import { CompletionCode } from '../spec/completion-code.ts'
import { IpmiError } from './ipmi-error.ts'
import type { IpmiSession } from './ipmi-session.ts'

/** Command-specific completion codes of Set System Boot Options. §28.12. */
const PARAMETER_NOT_SUPPORTED = 0x80
const ALREADY_IN_PROGRESS = 0x81
const READ_ONLY = 0x82

/**
 * Completion codes by which BMCs say that they lack an optional parameter; ipmi_sim answers CCh to "set in progress".
 */
const lacking: ReadonlySet<number> = new Set([
  PARAMETER_NOT_SUPPORTED,
  READ_ONLY,
  CompletionCode.ParameterOutOfRange,
  CompletionCode.NotPresent,
  CompletionCode.InvalidDataField,
])

/** Longest time another console may hold "set in progress", in milliseconds; after that its lock is broken. */
const IN_PROGRESS_PATIENCE_MS = 3000
const IN_PROGRESS_POLL_MS = 250
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

/** Reads the boot flags. §28.13, parameter 5. Throws IpmiError. */
export async function readBootFlags(session: IpmiSession): Promise<BootFlags> {
  const { data } = await session.send(getSystemBootOptions, { parameter: BootOption.flags, set: 0, block: 0 })
  return bootFlags.decode(data)
}

/** Name of a device selector, 0..15; undefined for a reserved selector. */
export function bootDeviceName(device: number): BootDeviceName | undefined {
  for (const [name, value] of Object.entries(BootDevice)) {
    if (value === device) return name as BootDeviceName
  }
  return undefined
}

/**
 * Sets the boot flags: set in progress (parameter 0), 60-second timer off (3), boot info not yet handled by the BIOS
 * (4), flags (5), set complete (0). §28.12, §28.13. The caller may repeat it, and reads the flags back to verify them.
 * Throws IpmiError. If the BMC refuses parameter 3, the message names the workaround `no-boot-timer-option`, which
 * leaves that step out.
 */
export async function writeBootFlags(session: IpmiSession, write: BootFlagsWrite): Promise<void> {
  const locked = await setInProgress(session)
  try {
    await keepFlags(session, write.expireAfterMinute === true)
    await acknowledge(session)
    await setOption(session, BootOption.flags, bootFlags.encode(flagsOf(session, write)))
  } finally {
    if (locked) await setComplete(session)
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

/** Takes the advisory lock. False if the BMC does not implement parameter 0. */
async function setInProgress(session: IpmiSession): Promise<boolean> {
  const data = bootSetInProgress.encode({ state: SetInProgress.inProgress })
  const patientUntilMs = session.nowMs() + IN_PROGRESS_PATIENCE_MS
  for (;;) {
    const code = await refusal(
      setOption(session, BootOption.setInProgress, data),
      (code) => code === ALREADY_IN_PROGRESS || lacking.has(code),
    )
    if (code === undefined) return true
    if (code !== ALREADY_IN_PROGRESS) return false
    if (session.nowMs() < patientUntilMs) await session.sleep(IN_PROGRESS_POLL_MS)
    else await setComplete(session)
  }
}

function setComplete(session: IpmiSession): Promise<void> {
  return setOption(session, BootOption.setInProgress, bootSetInProgress.encode({ state: SetInProgress.complete }))
}

/** Parameter 3. By default the BMC clears the valid bit after 60 seconds without a Chassis Control command. */
async function keepFlags(session: IpmiSession, expire: boolean): Promise<void> {
  if (session.hasWorkaround('no-boot-timer-option')) return
  const clearing = bootFlagValidClearing.decode(new Uint8Array(1))
  const data = bootFlagValidClearing.encode({ ...clearing, keepOnTimeout: !expire })
  const completionCode = await refusal(setOption(session, BootOption.flagValidClearing, data), (code) =>
    lacking.has(code),
  )
  if (completionCode === undefined) return
  const what = 'the BMC refused boot option parameter 3 (boot flag timer); set the workaround no-boot-timer-option'
  throw new IpmiError('completion', session.address, what, { completionCode })
}

/** Parameter 4, optional: marks the boot info as not yet handled by the BIOS. */
async function acknowledge(session: IpmiSession): Promise<void> {
  const data = bootInfoAcknowledge.encode({ writeMask: BIOS_POST, acknowledged: BIOS_POST })
  await refusal(setOption(session, BootOption.infoAcknowledge, data), (code) => lacking.has(code))
}

/** The completion code of an expected refusal; undefined if the BMC accepted. Throws any other error. */
async function refusal(answer: Promise<void>, expected: (code: number) => boolean): Promise<number | undefined> {
  try {
    await answer
    return undefined
  } catch (error) {
    const code = completionCodeOf(error)
    if (code === undefined || !expected(code)) throw error
    return code
  }
}

function completionCodeOf(error: unknown): number | undefined {
  return error instanceof IpmiError && error.kind === 'completion' ? error.completionCode : undefined
}
