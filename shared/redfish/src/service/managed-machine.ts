export type MaybePromise<T> = T | Promise<T>

/** The verbs of IPMI's Chassis Control, which emulated BMCs have in common. */
export type ControlVerb = 'powerDown' | 'powerUp' | 'powerCycle' | 'hardReset' | 'diagnosticInterrupt' | 'softShutdown'

/** `accepted` means that it will happen, not that it has happened. */
export type ControlOutcome = 'accepted' | 'notInPresentState' | 'notSupported' | 'busy'

/** Devices of IPMI's boot flags. `none`: the boot order of the firmware. */
export type BootDeviceName =
  | 'none'
  | 'pxe'
  | 'disk'
  | 'safeMode'
  | 'diagnosticPartition'
  | 'cdrom'
  | 'bios'
  | 'remoteFloppy'
  | 'remoteCdrom'
  | 'primaryRemoteMedia'
  | 'remoteDisk'
  | 'floppy'

export interface BootChoice {
  readonly device: BootDeviceName
  readonly efi: boolean
  /** False: for the next boot. */
  readonly persistent: boolean
}

/**
 * The machine behind a system, as one emulated BMC shows it by several protocols: a boot override that is set by IPMI
 * is read by Redfish, and the other way round.
 */
export interface ManagedMachine {
  isOn(): MaybePromise<boolean>
  /** A boot that it causes uses up a choice that is not persistent. */
  control(verb: ControlVerb): MaybePromise<ControlOutcome>
  /** The override of the boot device; undefined where there is none. */
  bootChoice(): BootChoice | undefined
  chooseBoot(choice: BootChoice | undefined): MaybePromise<void>
  /** Turns the identify light on for `seconds`; 0 turns it off, `Infinity` leaves it on. */
  identify?(seconds: number): MaybePromise<void>
  /** Whether the identify light is on; without it the service remembers. */
  isIdentified?(): boolean
  /** Power consumption. */
  powerWatts?(): MaybePromise<number | undefined>
  /** Calls back after each change of the power. Returns what ends that. */
  watchPower?(listener: (isOn: boolean) => void): () => void
}
