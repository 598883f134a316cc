/** What a VM can be told to boot from, in the words of `modifyvm --bootN`. */
export type BootDevice = 'none' | 'floppy' | 'dvd' | 'disk' | 'net'

/** How many places a boot order has. */
export const BOOT_PLACES = 4

/**
 * What a VM is doing. `saved` is a VM whose memory is on disk: it is off, and a start goes on from there. `aborted` is one whose process
 * died: it is off too. `stuck` is one whose process hangs (a guru meditation). `inaccessible` is one whose settings cannot be read.
 * Any other state is the hypervisor's own word for it (`teleported`, `livesnapshotting`).
 */
export type VmState =
  | 'running'
  | 'poweredoff'
  | 'paused'
  | 'saved'
  | 'aborted'
  | 'stuck'
  | 'starting'
  | 'stopping'
  | 'saving'
  | 'restoring'
  | 'inaccessible'
  | (string & {})

/** The states of a VM that has no process: it can be started and destroyed. */
export const offStates: ReadonlySet<string> = new Set(['poweredoff', 'saved', 'aborted', 'aborted-saved'])

/** Whether a VM in this state has no process. False for one that is inaccessible, and for a state that nobody has heard of. */
export const isOff = (state: VmState): boolean => offStates.has(state)

/** A line of the list of VMs. */
export interface VmListing {
  /** UUID, upper case, without braces. */
  readonly id: string
  /** Empty where the hypervisor cannot read the VM's settings. */
  readonly name: string
}

export interface VmList {
  readonly vms: readonly VmListing[]
  /** What could not be read, in words, one line each: a foreign file, a line that is no VM. Nothing may be deleted because of it. */
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

/** One network adapter: in the host's own network (by the name of the host's adapter), or behind the hypervisor's NAT. */
export type VmNetwork = { readonly kind: 'hostonly'; readonly adapter: string } | { readonly kind: 'nat' }

export interface VmSpec {
  /** 1..255 characters, without control characters and `/`. */
  readonly name: string
  /** UUID; the hypervisor picks one where it is left out. */
  readonly id?: string
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

/** Boots over the host's own network, and reaches the world through NAT. */
export const defaultNetworks: readonly VmNetwork[] = [{ kind: 'hostonly', adapter: 'vboxnet0' }, { kind: 'nat' }]

/** The boot order of a new VM. */
export const defaultBootOrder: readonly BootDevice[] = ['net', 'disk', 'none', 'none']

/** A VM whose settings cannot be read: nothing more is known of it than its id. */
export function inaccessibleVm(id: string): Vm {
  const bootOrder = Array.from({ length: BOOT_PLACES }, () => 'none' as const)
  return { id: id.toUpperCase(), name: '', state: 'inaccessible', macs: [], bootOrder, cpus: 0, memoryMb: 0, vramMb: 0 }
}
