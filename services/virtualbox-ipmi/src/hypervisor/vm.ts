import type { VmState } from './vm-states.ts'

export { isOff, offStates, type VmState } from './vm-states.ts'

/** A boot device, in the words of `modifyvm --bootN`. */
export type BootDevice = 'none' | 'floppy' | 'dvd' | 'disk' | 'net'

/** Places of a boot order. */
export const BOOT_PLACES = 4

/** An entry of the list of VMs. */
export interface VmListing {
  /** UUID, upper case, without braces. */
  readonly id: string
  /** Empty where the hypervisor cannot read the VM's settings. */
  readonly name: string
}

export interface VmList {
  readonly vms: readonly VmListing[]
  /**
   * One line for each entry that could not be read (a foreign file, a line that is not a VM). VMs may be missing then.
   */
  readonly problems: readonly string[]
}

export interface Vm extends VmListing {
  readonly state: VmState
  /** In the order of the adapters: `08:00:27:12:34:56`, lower case. */
  readonly macs: readonly string[]
  /** BOOT_PLACES long. */
  readonly bootOrder: readonly BootDevice[]
  readonly cpus: number
  /** Mebibytes. */
  readonly memoryMb: number
  /** Mebibytes of video memory. */
  readonly vramMb: number
}

/** Kinds of networks with names, in the words of `modifyvm --nicN`. */
export const networkKinds = ['hostonly', 'hostonlynet', 'bridged', 'intnet', 'natnetwork'] as const
export type NetworkKind = (typeof networkKinds)[number]

export interface NamedNetwork {
  readonly kind: NetworkKind
  /** Name of the network; for `hostonly` and `bridged` of the host's adapter. */
  readonly name: string
}

/** What a network adapter is in: a network with a name, or the hypervisor's NAT. */
export type VmNetwork = NamedNetwork | { readonly kind: 'nat' }

export interface VmSpec {
  /** 1..255 characters, without control characters and `/`. */
  readonly name: string
  /** UUID. */
  readonly id: string
  /** Processors, 1 or more. */
  readonly cpus: number
  /** Mebibytes, 4 or more. */
  readonly memoryMb: number
  /** Mebibytes of video memory, 1 to 256. */
  readonly vramMb: number
  /** Size of its one disk in mebibytes, 1 or more. */
  readonly diskMb: number
  /** One adapter each. Default: `defaultNetworks`. */
  readonly networks?: readonly VmNetwork[]
}

/** Boots over the host-only network, and reaches other networks through NAT. */
export const defaultNetworks: readonly VmNetwork[] = [{ kind: 'hostonly', name: 'vboxnet0' }, { kind: 'nat' }]

/** The boot order of a new VM. */
export const defaultBootOrder: readonly BootDevice[] = ['net', 'disk', 'none', 'none']

/** The order with `none` in the places that it leaves free; what is beyond BOOT_PLACES is dropped. */
export function fullOrder(order: readonly BootDevice[]): BootDevice[] {
  return Array.from({ length: BOOT_PLACES }, (_, place) => order[place] ?? 'none')
}

/** A VM whose settings cannot be read, so that only its id is known. */
export function inaccessibleVm(id: string): Vm {
  const unknown = { state: 'inaccessible', macs: [], bootOrder: fullOrder([]), cpus: 0, memoryMb: 0, vramMb: 0 }
  return { id: id.toUpperCase(), name: '', ...unknown }
}
