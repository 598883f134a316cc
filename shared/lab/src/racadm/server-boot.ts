import type { BootDeviceName, MachineControl } from 'node-ipmi/bmc'

/** FirstBootDevice as firmware names it, and the boot device that IPMI and Redfish show for it. */
const devices: Readonly<Record<string, BootDeviceName>> = {
  Normal: 'none',
  PXE: 'pxe',
  HDD: 'disk',
  'VCD-DVD': 'cdrom',
  BIOS: 'bios',
  SD: 'remoteDisk',
  vFDD: 'floppy',
}

/** BootOnce and FirstBootDevice of a machine: its boot override, by the words of racadm. */
export class ServerBoot {
  readonly #machine: MachineControl
  /** Of a machine without an override. */
  #once = false

  constructor(machine: MachineControl) {
    this.#machine = machine
  }

  get once(): boolean {
    const choice = this.#machine.bootChoice()
    return choice ? !choice.persistent : this.#once
  }

  get device(): string {
    const device = this.#machine.bootChoice()?.device ?? 'none'
    return Object.keys(devices).find((name) => devices[name] === device) ?? 'Normal'
  }

  setOnce(once: boolean): void {
    this.#once = once
    const choice = this.#machine.bootChoice()
    if (choice) this.#machine.chooseBoot({ ...choice, persistent: !once })
  }

  /** False for a value that the firmware does not know. Upper and lower case do not count. */
  setDevice(name: string): boolean {
    const known = Object.keys(devices).find((other) => other.toLowerCase() === name.toLowerCase())
    const device = known === undefined ? undefined : devices[known]
    if (device === undefined) return false
    const once = this.once
    this.#machine.chooseBoot(device === 'none' ? undefined : { device, efi: true, persistent: !once })
    this.#once = once
    return true
  }
}
