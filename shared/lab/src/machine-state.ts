import type { BootDeviceName, BootFlags } from 'node-ipmi/bmc'

/** State of a simulated machine that survives a stop of the lab. Plain JSON. */
export interface MachineState {
  readonly powerOn: boolean
  /** Device of the last boot; undefined before the first boot. */
  readonly lastBoot?: LastBoot
  /** Valid boot flags. */
  readonly bootFlags?: BootFlags
  /** A value of PowerRestorePolicy. */
  readonly restorePolicy?: number
  /** Milliseconds that the machine has been powered on in its life, up to the last change. */
  readonly powerOnMs: number
}

export interface LastBoot {
  /** `none`: by the boot order of the firmware. */
  readonly device: BootDeviceName
  readonly efi: boolean
}

export const newMachine: MachineState = { powerOn: false, powerOnMs: 0 }

/** A new machine that is powered on. */
export const runningMachine: MachineState = { ...newMachine, powerOn: true }
