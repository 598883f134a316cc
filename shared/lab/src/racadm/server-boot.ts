import { BootDevice, type BootFlags, noBootFlags } from 'node-ipmi/bmc'
import type { SimulatedMachine } from '../simulated-machine.ts'

/** FirstBootDevice as firmware names it, and the device of the boot flags that IPMI and Redfish show for it. */
const devices: Readonly<Record<string, number>> = {
  Normal: BootDevice.none,
  PXE: BootDevice.pxe,
  HDD: BootDevice.disk,
  'VCD-DVD': BootDevice.cdrom,
  BIOS: BootDevice.bios,
  SD: BootDevice.remoteDisk,
  vFDD: BootDevice.floppy,
}

/** BootOnce and FirstBootDevice of a machine: its boot flags, by the words of racadm. */
export class ServerBoot {
  readonly #machine: SimulatedMachine
  /** Of a machine without boot flags. */
  #once = false

  constructor(machine: SimulatedMachine) {
    this.#machine = machine
  }

  get once(): boolean {
    const { bootFlags } = this.#machine
    return bootFlags ? !bootFlags.persistent : this.#once
  }

  get device(): string {
    const flags = this.#machine.bootFlags
    return Object.keys(devices).find((name) => devices[name] === (flags?.device ?? BootDevice.none)) ?? 'Normal'
  }

  setOnce(once: boolean): void {
    this.#once = once
    const { bootFlags } = this.#machine
    if (bootFlags) this.#machine.bootFlagsChanged({ ...bootFlags, persistent: !once })
  }

  /** False for a value that the firmware does not know. Upper and lower case do not count. */
  setDevice(name: string): boolean {
    const known = Object.keys(devices).find((other) => other.toLowerCase() === name.toLowerCase())
    const device = known === undefined ? undefined : devices[known]
    if (device === undefined) return false
    const once = this.once
    const flags: BootFlags = { ...noBootFlags, valid: true, persistent: !once, efi: true, device }
    this.#machine.bootFlagsChanged(device === BootDevice.none ? undefined : flags)
    this.#once = once
    return true
  }

  /** The flags for a boot that begins now, which uses up those for one boot. */
  take(): BootFlags | undefined {
    const flags = this.#machine.bootFlags
    if (flags && !flags.persistent) {
      this.#once = false
      this.#machine.bootFlagsChanged(undefined)
    }
    return flags
  }
}
