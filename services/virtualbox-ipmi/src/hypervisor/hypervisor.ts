import type { Call } from '@powerbus/plugin-sdk'
import type { BootDevice, Vm, VmList, VmNetwork, VmSpec } from './vm.ts'

/**
 * Runs VMs, with one change at a time per VM. `start`, `powerOff` and `acpiShutdown` return when the hypervisor has
 * accepted them; callers then read the state with `get` until it holds.
 *
 * `id` is a VM's UUID in either case. Every method throws a PowerbusError:
 * - OBJECT_UNKNOWN: no such VM. OBJECT_CONFLICT: the name or UUID is taken. PARAM_INVALID: a spec out of range.
 * - TARGET_STATE: not possible in the VM's state, or the host lacks what the VM needs.
 * - TARGET_BUSY: the VM is locked; may be repeated. TARGET_TIMEOUT: no answer in time.
 * - OUTCOME_UNKNOWN: no answer to a `reset`, `nmi` or `acpiShutdown` that may have arrived.
 * - TARGET_UNREACHABLE: the hypervisor is missing or failed, in its own words. AUTH_FAILED: sudo refuses.
 * - DEADLINE_EXCEEDED: the call's signal was aborted.
 */
export interface Hypervisor {
  readonly name: 'virtualbox' | 'file'

  /** The hypervisor's version: `7.0.20`. Fails where the hypervisor cannot be used. */
  version(call: Call): Promise<string>
  /** All VMs, no matter who made them. */
  list(call: Call): Promise<VmList>
  get(id: string, call: Call): Promise<Vm>
  /**
   * The VM as it is now, also while another call for it runs. Absent where `get` waits for none. It may make a change
   * of the VM that begins in the same moment fail with TARGET_BUSY.
   */
  look?(id: string, call: Call): Promise<Vm>

  /**
   * Networks of a new VM's adapters, as this host has them. TARGET_STATE where it lacks what is set. Absent where
   * `defaultNetworks` do.
   */
  networks?(call: Call): Promise<readonly VmNetwork[]>
  /** Makes a VM that is powered off. A failure removes what it made, and the error names what could not be removed. */
  create(spec: VmSpec, call: Call): Promise<Vm>
  /** Starts a VM that is off, and resumes a saved or paused one. Does nothing to one that runs. */
  start(id: string, call: Call): Promise<void>
  /** Power off at once. Does nothing to a VM that is off; a saved VM stays saved. */
  powerOff(id: string, call: Call): Promise<void>
  /** Presses the reset button at most once. TARGET_STATE on a VM that is not running. */
  reset(id: string, call: Call): Promise<void>
  /** Presses the power button at most once, so that the guest shuts down. TARGET_STATE on a VM that is not running. */
  acpiShutdown(id: string, call: Call): Promise<void>
  /** Sends a non-maskable interrupt at most once. Absent where the hypervisor has none. */
  nmi?(id: string, call: Call): Promise<void>

  /**
   * Takes up to BOOT_PLACES devices; the rest becomes `none`. TARGET_STATE on a VM that is not powered off or aborted.
   */
  setBootOrder(id: string, order: readonly BootDevice[], call: Call): Promise<void>
  /** The text kept with the VM under this key, if any. */
  getExtra(id: string, key: string, call: Call): Promise<string | undefined>
  /**
   * Keeps a text that is not empty with the VM, in any state; undefined removes it. A clone carries the texts of its
   * original, so a text about one VM must name its id.
   */
  setExtra(id: string, key: string, value: string | undefined, call: Call): Promise<void>

  snapshot(id: string, name: string, call: Call): Promise<void>
  /**
   * Makes a full copy that is off, with its own id and MACs, without snapshots. TARGET_STATE on a VM that is not off.
   */
  clone(id: string, name: string, call: Call): Promise<Vm>
  /** Deletes the VM and its disks. TARGET_STATE on one that is not off. Callers check the ownership. */
  destroy(id: string, call: Call): Promise<void>
  /** Destroys a VM whose `create` was cut off by a kill. Absent where `destroy` does that too. */
  discard?(id: string, call: Call): Promise<void>

  /** Ends running calls and their child processes, and releases folders. Later calls fail with SHUTTING_DOWN. */
  close(): Promise<void>
}
