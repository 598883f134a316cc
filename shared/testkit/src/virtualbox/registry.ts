import type { VersionName } from './versions.ts'

/** Networks of the host, by the kind of a VM's adapter. One with `down` or `disabled` in its name is so. */
export interface HostNetworks {
  /** Host-only adapters. */
  hostOnly: string[]
  /** Host-only networks, which only macOS has, since 7.0. */
  hostOnlyNets: string[]
  bridged: string[]
  natNets: string[]
}

export type HostName = 'linux' | 'windows' | 'macos'

export interface Settings {
  version: VersionName
  /** Kind of host: which networks it has, and how it prints. */
  host: HostName
  /** Duration of a start. */
  startMs: number
  /** Time that a VM stays locked after a power off. */
  lockedMs: number
  /** Time from the power button to the guest's shutdown; negative: the guest ignores the button. */
  acpiMs: number
  /** Lines end with CR LF, as on Windows. */
  crlf: boolean
  /** Printed before the output, like the warning of VirtualBox about a missing kernel module. */
  prefix: string
  /** Behaviour of the fake sudo. */
  sudo: 'allowed' | 'password' | 'unknown-user'
}

export interface Nic {
  /** In showvminfo's word. */
  kind: string
  /** Name of the network or of the host's adapter. */
  adapter?: string
  type: string
  /** Twelve digits. */
  mac: string
}

export interface FakeVm {
  /** Lower case. */
  id: string
  name: string
  /** User that sudo ran as when the VM was made; empty without sudo. */
  owner: string
  settingsFile: string
  /** VirtualBox's name of the state. */
  state: string
  /** Next state, and when it begins. */
  next?: { untilMs: number; state: string }
  /** End of the session's lock after a power off. */
  lockedUntilMs?: number
  inaccessible?: boolean
  description?: string
  ioapic: boolean
  cpus: number
  memory: number
  vram: number
  boot: string[]
  nics: Nic[]
  controllers: { name: string; disks: Record<string, Medium> }[]
  extra: Record<string, string>
  snapshots: string[]
  counts: { starts: number; resets: number; powerOffs: number; nmis: number; powerButtons: number }
}

export interface Medium {
  path: string
  id: string
}

/** A fault of the next calls of one command. */
export interface Fault {
  /** Command to hit; for controlvm, snapshot and debugvm with the subcommand (`controlvm reset`). */
  command: string
  kind: 'hang' | 'hang-deaf' | 'hang-with-child' | 'killed' | 'megabyte' | 'zero' | 'error'
  /** Whether the fault happens before or after the work of the call. */
  when: 'before' | 'after'
  /** Message of `zero` and `error`, without `VBoxManage: error: `. */
  text: string
  /** COM result code of `error`; empty for none. */
  result: string
  /** Number of calls to hit. */
  times: number
}

/** What the fake VirtualBox holds. */
export interface Registry {
  readonly settings: Settings
  readonly vms: FakeVm[]
  media: Medium[]
  networks: HostNetworks
  faults: Fault[]
}

/** Brings VMs whose next state has begun into it. */
export function settle({ vms }: Registry): void {
  for (const vm of vms) {
    if (!vm.next || Date.now() < vm.next.untilMs) continue
    vm.state = vm.next.state
    delete vm.next
  }
}
