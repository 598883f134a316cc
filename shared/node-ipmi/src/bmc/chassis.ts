import type { BootFlags } from '../commands/boot-option-parameters.ts'
import type { ChassisControlName } from '../commands/chassis-control.ts'
import type { getChassisStatus } from '../commands/get-chassis-status.ts'
import type { getSystemRestartCause } from '../commands/get-system-restart-cause.ts'

/**
 * A value now, or a promise of it. The BMC answers the console when the promise settles, or with C3h after
 * CHASSIS_TIMEOUT_MS.
 */
export type MaybePromise<T> = T | Promise<T>

/** The BMC answers `notInPresentState` with D5h, `notSupported` with CCh, `busy` with C0h. */
export type ControlOutcome = 'accepted' | 'notInPresentState' | 'notSupported' | 'busy'

/** Power consumption of a machine. Values are rounded to whole watts, 0..65535. */
export interface PowerReading {
  readonly watts: number
  /** Statistics over `periodMs`; default: `watts`. */
  readonly minimumWatts?: number
  readonly maximumWatts?: number
  readonly averageWatts?: number
  /** Default 0. */
  readonly periodMs?: number
}

/** A sensor of the machine with thresholds and numbers. §43.1. */
export interface ChassisSensor {
  /** 1 to 16 characters of Latin 1. */
  readonly name: string
  /** A value of SensorType. §42.2. */
  readonly type: number
  /** Number of the unit. §43.17. */
  readonly baseUnit: number
  /** A raw reading of 0 to 255 counts `step` times a power of ten: 4 and -2 are steps of 0.04. -511..511, -8..7. */
  readonly step: number
  readonly exponent: number
  /** In its unit. */
  readonly lowerCritical?: number
  readonly upperNonCritical?: number
  readonly upperCritical?: number
}

type ChassisStatus = ReturnType<typeof getChassisStatus.response.decode>

/**
 * The machine that a BMC powers: simulated, or a VM. For a missing optional method the BMC keeps the value itself, or
 * answers C1h (unknown command). If a method throws or rejects, the BMC answers FFh and counts it.
 */
export interface Chassis {
  isOn(): MaybePromise<boolean>
  /**
   * Carries out the verb or refuses it. `accepted` means that it will happen, not that it has happened. The BMC calls
   * it for powerCycle, hardReset and diagnosticInterrupt only while the power is on, and for the other verbs in any
   * state. `boot`: the valid boot flags, given if the verb boots the machine. That boot uses up flags that are not
   * persistent.
   */
  control(verb: ChassisControlName, boot: BootFlags | undefined): MaybePromise<ControlOutcome>
  /**
   * Boot flags were set, or became invalid (`flags` undefined). For machines that boot without their BMC, or that store
   * state. `forMs`: milliseconds until unused flags expire; undefined: never. The BMC notices the expiry, and calls
   * this, only at the next command that reads or uses the flags.
   */
  bootFlagsChanged?(flags: BootFlags | undefined, forMs: number | undefined): void
  /** The valid boot flags now expire in `forMs` milliseconds; undefined: never. */
  bootFlagsKept?(forMs: number | undefined): void
  /** Faults, lockouts and the last power event; absent flags read as false. §28.2. */
  status?(): MaybePromise<Partial<ChassisStatus>>
  /** Turns the identify light on for `seconds`; 0 turns it off, `Infinity` leaves it on until the next call. §28.5. */
  identify?(seconds: number): MaybePromise<void>
  /** Default: `chassisControl` after a control that booted the system, else `unknown`. §28.11. */
  restartCause?(): MaybePromise<ReturnType<typeof getSystemRestartCause.response.decode>>
  /** `policy` is a value of PowerRestorePolicy. §28.8. */
  restorePolicyChanged?(policy: number): void
  /** Minutes that the machine has been powered on in its life. §28.14. */
  powerOnMinutes?(): MaybePromise<number>
  /** Power consumption, for DCMI. */
  powerReading?(): MaybePromise<PowerReading>
  /** Calls back after each change of the power, until the returned function is called. */
  watchPower?(listener: (isOn: boolean) => void): () => void
  /** The sensors that the BMC has of this machine, always the same; at most 200. */
  readonly sensors?: readonly ChassisSensor[]
  /** What the sensor at this place of `sensors` measures now, in its unit; undefined: nothing, such as without power. */
  sensorValue?(index: number): MaybePromise<number | undefined>
}
