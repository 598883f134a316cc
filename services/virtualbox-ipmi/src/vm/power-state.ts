import { type Call, type Clock, PowerbusError, type PowerState } from '@powerbus/plugin-sdk'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import type { Vm } from '../hypervisor/vm.ts'
import { isPassing, isSteady, powerIn } from '../hypervisor/vm-states.ts'
import type { VmContext } from './vm-context.ts'

/** Pause between two reads of a VM; it doubles up to the longest, since a read may run a program. */
const FIRST_POLL_MS = 50
const LONGEST_POLL_MS = 1000

/** Reads VMs, and measures how long it waits. */
export type VmReader = { readonly hypervisor: Pick<Hypervisor, 'get'> } & Pick<VmContext, 'clock'>

export function isChanging({ state }: Vm): boolean {
  return isPassing(state)
}

/** Whether `setBootOrder` can be done. A saved VM is resumed by its next start and does not boot. */
export function canModify({ state }: Vm): boolean {
  return state === 'poweredoff' || state === 'aborted' || state === 'teleported'
}

/** The power state of a VM at this moment. Throws TARGET_STATE for a VM that the hypervisor cannot read. */
export function powerNow(vm: Vm): PowerState {
  const power = powerIn(vm.state)
  if (power) return power
  throw new PowerbusError('TARGET_STATE', `the hypervisor cannot read VM ${vm.id}: check its settings file and disks`)
}

/**
 * The power state of a VM for an action that changes or verifies it. Throws TARGET_BUSY while it changes, so that the
 * action reads it again, and what `powerNow` throws.
 */
export function powerStateOf(vm: Vm): PowerState {
  const power = powerNow(vm)
  if (isSteady(vm.state)) return power
  throw new PowerbusError('TARGET_BUSY', `VM ${nameOf(vm)} is ${vm.state}; try again when it is not`)
}

export function nameOf({ id, name }: { readonly id: string; readonly name: string }): string {
  return name === '' ? id : name
}

/** Milliseconds left until `endMs` of the clock, at least 1. */
export function leftUntil(endMs: number, clock: Clock): number {
  return Math.max(1, endMs - clock.nowMs())
}

/**
 * Reads the VM until `isThere`, and returns it; undefined when the call's time is over. A failed read that `passes` is
 * repeated; any other failure is thrown.
 */
export async function waitForVm(
  { hypervisor, clock }: VmReader,
  id: string,
  isThere: (vm: Vm) => boolean,
  { signal, timeoutMs }: Call,
  passes: (error: PowerbusError) => boolean = ({ code }) => code === 'TARGET_BUSY' || code === 'TARGET_TIMEOUT',
): Promise<Vm | undefined> {
  const endMs = clock.nowMs() + timeoutMs
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
    const vm = await hypervisor.get(id, { signal, timeoutMs: leftUntil(endMs, clock) }).catch((error: unknown) => {
      if (error instanceof PowerbusError && passes(error)) return undefined
      throw error
    })
    if (vm && isThere(vm)) return vm
    if (clock.nowMs() + pollMs >= endMs) return undefined
    await clock.sleep(pollMs, signal)
  }
}

/** The VM when its state no longer changes. Throws TARGET_BUSY when the call's time is over before. */
export async function settledVm(reader: VmReader, id: string, call: Call): Promise<Vm> {
  const vm = await waitForVm(reader, id, (seen) => !isChanging(seen), call)
  if (vm) return vm
  throw new PowerbusError('TARGET_BUSY', `VM ${id} stayed locked, or between two states; try again later`)
}
