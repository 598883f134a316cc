import type { BootDeviceName, BootFlags } from 'node-ipmi/bmc'

/** What a simulated machine keeps when the lab stops. Plain JSON. */
export interface MachineState {
  readonly powerOn: boolean
  /** What it booted from last; undefined before its first boot. */
  readonly lastBoot?: LastBoot
  /** Valid boot flags. */
  readonly bootFlags?: BootFlags
  /** A value of PowerRestorePolicy. */
  readonly restorePolicy?: number
  /** Milliseconds of power since the machine was built, up to the last change. */
  readonly powerOnMs: number
}

export interface LastBoot {
  /** `none`: as its firmware is set up. */
  readonly device: BootDeviceName
  readonly efi: boolean
}

export const newMachine: MachineState = { powerOn: false, powerOnMs: 0 }

/** As a rack is handed over: running. */
export const runningMachine: MachineState = { ...newMachine, powerOn: true }
