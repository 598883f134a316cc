import type { Call } from '@powerbus/plugin-sdk'
import type { BootDevice, Vm, VmList, VmSpec } from './vm.ts'

/**
 * Runs VMs. It waits for one change at a time per VM, and for nothing else: `start`, `powerOff`, `acpiShutdown` end when the hypervisor
 * has taken them; the state is then read with `get` until it holds.
 *
 * `id` is a VM's UUID in either case. Every method throws a PowerbusError: OBJECT_UNKNOWN (no such VM), OBJECT_CONFLICT (the name or UUID
 * is taken), TARGET_STATE (not in this state, or the host lacks what the VM needs), AUTH_FAILED (sudo refuses), TARGET_BUSY (the VM is locked; may be repeated), TARGET_TIMEOUT (no answer in time),
 * OUTCOME_UNKNOWN (no answer to a `reset` or `nmi` that may have arrived), TARGET_UNREACHABLE (the hypervisor is missing, may not be
 * used, or failed, in its own words), PARAM_INVALID (a spec out of range), DEADLINE_EXCEEDED (the call's signal was aborted).
 */
export interface Hypervisor {
  readonly name: 'virtualbox' | 'file'

  /** The hypervisor's version: `7.0.20`. Also the check that it can be used. */
  version(call: Call): Promise<string>
  /** Every VM there is, ours or not. */
  list(call: Call): Promise<VmList>
  get(id: string, call: Call): Promise<Vm>

  /** Makes a VM that is powered off. What a failed create had made is taken away again; what could not be is said in the error. */
  create(spec: VmSpec, call: Call): Promise<Vm>
  /** Starts a VM that is off, or goes on with one that is paused. Harmless on one that runs. A saved one goes on from where it was saved. */
  start(id: string, call: Call): Promise<void>
  /** Off, hard. Harmless on a VM that is off; a saved VM stays saved (its memory is never thrown away unasked). */
  powerOff(id: string, call: Call): Promise<void>
  /** Presses the reset button, once at most. TARGET_STATE on a VM that is not running. */
  reset(id: string, call: Call): Promise<void>
  /** Presses the power button, for the guest to shut down. TARGET_STATE on a VM that is not running. */
  acpiShutdown(id: string, call: Call): Promise<void>
  /** A non-maskable interrupt, once at most. Absent where the hypervisor has none. */
  nmi?(id: string, call: Call): Promise<void>

  /** At most BOOT_PLACES devices; the rest becomes `none`. TARGET_STATE on a VM that is not powered off or aborted. */
  setBootOrder(id: string, order: readonly BootDevice[], call: Call): Promise<void>
  /** A text kept with the VM under this key; undefined where there is none. */
  getExtra(id: string, key: string, call: Call): Promise<string | undefined>
  /**
   * Keeps a text that is not empty (or, undefined, removes it), whatever the VM's state. A clone that somebody makes carries its original's texts:
   * a text that says "this VM is ours" names the VM's id, so that it says so of no other.
   */
  setExtra(id: string, key: string, value: string | undefined, call: Call): Promise<void>

  snapshot(id: string, name: string, call: Call): Promise<void>
  /** A full copy, off, with an id and MACs of its own and without snapshots. TARGET_STATE on a VM that has a process. */
  clone(id: string, name: string, call: Call): Promise<Vm>
  /** Deletes the VM and its disks. TARGET_STATE on one that is not off. Who may be destroyed is the caller's business. */
  destroy(id: string, call: Call): Promise<void>
  /** As destroy, for a VM whose `create` was cut off by the end of its process. Absent where destroy takes all of that away too. */
  discard?(id: string, call: Call): Promise<void>

  /** Ends what is under way (children are killed) and lets go of folders. Later calls fail with SHUTTING_DOWN. */
  close(): Promise<void>
}
