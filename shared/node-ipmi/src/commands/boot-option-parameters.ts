import { bits } from '../codec/bits.ts'

/** Parameter selectors of the boot options. §28.13, table 28-14. */
export const BootOption = {
  setInProgress: 0,
  servicePartitionSelector: 1,
  servicePartitionScan: 2,
  flagValidClearing: 3,
  infoAcknowledge: 4,
  flags: 5,
  initiatorInfo: 6,
  initiatorMailbox: 7,
} as const

/** Values of `bootSetInProgress.state`. BMCs need not support commitWrite. */
export const SetInProgress = { complete: 0, inProgress: 1, commitWrite: 2 } as const

/** Parameter 0, 1 byte: advisory lock. */
export const bootSetInProgress = bits({ state: [0, 2] })

/** Parameter 3, 1 byte: events on which the BMC does NOT clear the valid bit of the boot flags. */
export const bootFlagValidClearing = bits({
  keepOnPowerButton: [0],
  keepOnResetButton: [1],
  keepOnWatchdog: [2],
  /** Keep the flags if no Chassis Control comes within 60 seconds. */
  keepOnTimeout: [3],
  keepOnPef: [4],
})

/** Parameter 4, 2 bytes: the parties that have handled the boot info. A write changes only bits set in `writeMask`. */
export const bootInfoAcknowledge = bits({ writeMask: [0, 8], acknowledged: [8, 8] })

/** Values of `bootFlags.device`. §28.13, table 28-14, parameter 5, data 2. */
export const BootDevice = {
  none: 0x0,
  pxe: 0x1,
  disk: 0x2,
  safeMode: 0x3,
  diagnosticPartition: 0x4,
  cdrom: 0x5,
  bios: 0x6,
  remoteFloppy: 0x7,
  remoteCdrom: 0x8,
  primaryRemoteMedia: 0x9,
  remoteDisk: 0xb,
  floppy: 0xf,
} as const

export type BootDeviceName = keyof typeof BootDevice

/** Name of a device selector, 0..15; undefined for a reserved selector. */
export function bootDeviceName(device: number): BootDeviceName | undefined {
  for (const [name, value] of Object.entries(BootDevice)) {
    if (value === device) return name as BootDeviceName
  }
  return undefined
}

/** Parameter 5, 5 bytes; some BMCs send only the first two, which have the device. */
export const bootFlags = bits(
  {
    /** True: for all future boots. False: for the next boot. */
    persistent: [6],
    efi: [5],
    /** Whether the flags apply. The BMC clears this bit by itself: see parameter 3. */
    valid: [7],
    lockOutResetButton: [8],
    screenBlank: [9],
    device: [10, 4],
    lockKeyboard: [14],
    clearCmos: [15],
    /** 0 BIOS default, 1 suppressed, 2 requested. */
    consoleRedirection: [16, 2],
    lockOutSleepButton: [18],
    userPasswordBypass: [19],
    forceProgressEventTraps: [20],
    /** 0 BIOS default, 1 quiet, 2 verbose. */
    firmwareVerbosity: [21, 2],
    lockOutPowerButton: [23],
    muxControlOverride: [24, 3],
    sharedModeOverride: [27],
    deviceInstance: [32, 5],
  },
  { minLength: 2 },
)

export type BootFlags = ReturnType<typeof bootFlags.decode>

/** All flags off, as the base for the flags that a caller sets. */
export const noBootFlags: BootFlags = bootFlags.decode(new Uint8Array(5))
