import type { BootFlags } from '../commands/boot-option-parameters.ts'
import type { ChassisControlName } from '../commands/chassis-control.ts'
import type { getChassisStatus } from '../commands/get-chassis-status.ts'
import type { getSystemRestartCause } from '../commands/get-system-restart-cause.ts'

/** Answers at once, or when the machine has: the BMC answers the console then, and with C3h after CHASSIS_TIMEOUT_MS. */
export type MaybePromise<T> = T | Promise<T>

/** `notInPresentState` answers D5h, `notSupported` CCh, `busy` C0h. */
export type ControlOutcome = 'accepted' | 'notInPresentState' | 'notSupported' | 'busy'

type ChassisStatus = ReturnType<typeof getChassisStatus.response.decode>

/**
 * The machine that a BMC powers: simulated, or a VM. What is optional may be missing, and the BMC then keeps it itself or answers that it
 * does not know the command. A method that throws or rejects is answered with FFh and counted.
 */
export interface Chassis {
  isOn(): MaybePromise<boolean>
  /**
   * Does what the verb says, or refuses; "accepted" says that it will happen, not that it has. Cycle, reset and diagnostic interrupt only
   * come while the power is on; powerUp and powerDown also where nothing is left to do. `boot` are the valid boot flags, for verbs that boot
   * the machine; flags that are not persistent are used up by it.
   */
  control(verb: ChassisControlName, boot: BootFlags | undefined): MaybePromise<ControlOutcome>
  /**
   * Boot flags were set, or are no longer valid (undefined). For machines that boot without being told by their BMC, or that keep state. `forMs`: how
   * long they count if they are not used; undefined: until they are. That they ran out is told when the BMC is asked about them, and not before.
   */
  bootFlagsChanged?(flags: BootFlags | undefined, forMs: number | undefined): void
  /** The boot flags that are valid count for so many milliseconds from now, or no longer run out by themselves (undefined). */
  bootFlagsKept?(forMs: number | undefined): void
  /** Faults, lockouts and the last power event; what is left out is false. */
  status?(): MaybePromise<Partial<ChassisStatus>>
  /** 0 turns it off; `Infinity` is until told otherwise. */
  identify?(seconds: number): MaybePromise<void>
  /** Default: Chassis Control after such a command, else unknown. */
  restartCause?(): MaybePromise<ReturnType<typeof getSystemRestartCause.response.decode>>
  /** A value of PowerRestorePolicy. */
  restorePolicyChanged?(policy: number): void
  /** Minutes of power since the machine was built. */
  powerOnMinutes?(): MaybePromise<number>
}
