import { BOOT_PLACES, type BootDevice, inaccessibleVm, type Vm, type VmState } from '../vm.ts'
import { readMachineReadable } from './machine-readable.ts'
import { isInaccessibleName } from './vm-list.ts'

/** States that have another name here than in VirtualBox. */
const states: Readonly<Record<string, VmState>> = { poweroff: 'poweredoff', gurumeditation: 'stuck' }
const devices: ReadonlySet<string> = new Set<BootDevice>(['none', 'floppy', 'dvd', 'disk', 'net'])

export interface VmInfo {
  readonly vm: Vm
  /** Path of the VM's settings file; empty where unknown. */
  readonly settingsFile: string
  /** Whether a disk is attached to any controller of the VM. */
  readonly hasDisk: boolean
}

/** Reads the output of `showvminfo --machinereadable`. Undefined for any other text. */
export function readVmInfo(text: string): VmInfo | undefined {
  const values = readMachineReadable(text)
  const id = values.get('UUID')?.toUpperCase()
  const name = values.get('name')
  if (id === undefined || name === undefined) return undefined
  if (isInaccessibleName(name) && !values.has('VMState'))
    return { vm: inaccessibleVm(id), settingsFile: '', hasDisk: false }
  const state = values.get('VMState')
  if (state === undefined) return undefined
  const number = (key: string) => Number(values.get(key)) || 0
  return {
    vm: {
      id,
      name,
      state: states[state] ?? state,
      macs: macsOf(values),
      bootOrder: Array.from({ length: BOOT_PLACES }, (_, place) => deviceOf(values.get(`boot${place + 1}`))),
      cpus: number('cpus'),
      memoryMb: number('memory'),
      vramMb: number('vram'),
    },
    settingsFile: values.get('CfgFile') ?? '',
    // `"SATA Controller-ImageUUID-0-0"`, beside the path at `"SATA Controller-0-0"`.
    hasDisk: [...values.keys()].some((key) => /-ImageUUID-\d+-\d+$/.test(key)),
  }
}

/** In the order of the adapters, of which there are up to 36. */
function macsOf(values: ReadonlyMap<string, string>): string[] {
  const numbered = [...values].flatMap(([key, value]) => {
    const place = /^macaddress(\d+)$/.exec(key)?.[1]
    return place !== undefined && /^[0-9a-f]{12}$/i.test(value) ? [{ place: Number(place), value }] : []
  })
  return numbered
    .sort((left, right) => left.place - right.place)
    .map(({ value }) => value.toLowerCase().replace(/..(?!$)/g, '$&:'))
}

/** `usb` and `sharedfolder`, which `modifyvm` cannot set, become `none`. */
function deviceOf(word: string | undefined): BootDevice {
  return word !== undefined && devices.has(word) ? (word as BootDevice) : 'none'
}
