import type { Vm } from '../hypervisor/vm.ts'
import { powerIn } from '../hypervisor/vm-states.ts'
import { sameOrder } from './boot-order.ts'
import { type BootOverride, type BootRecord, type OnceOverride, wantedOrder } from './boot-record.ts'
import { canModify } from './power-state.ts'

/** Which overrides are cleared: all, the one for the next boot, or those that a BMC's boot flags set with an expiry. */
export type BootScope = 'all' | 'once' | 'timed'

/** A change of the overrides of a VM. The record is as of now (`asSeen`). */
export type BootChange = (record: BootRecord, vm: Vm) => BootRecord

/** The record without what has expired or was used, judged by the VM's state and the time (milliseconds since 1970). */
export function asSeen({ base, persistent, once }: BootRecord, vm: Vm, atMs: number): BootRecord {
  const unlessOver = <T extends BootOverride>(override: T | undefined): T | undefined =>
    override?.endsAtMs !== undefined && override.endsAtMs <= atMs ? undefined : override
  const own = { base, persistent: unlessOver(persistent) }
  if (!once) return own
  if (canModify(vm)) return { ...own, once: once.used ? undefined : unlessOver({ ...once, whileOn: undefined }) }
  return { ...own, once: hasBooted(once, own, vm) ? used(once) : unlessOver(once) }
}

/** Changes nothing; the boot order is restored if it can be. */
export const asItIs: BootChange = (record) => record

/** Sets the override, for the next boot or for all. */
export function asSet(override: BootOverride, persistent: boolean): BootChange {
  return (record, vm) => {
    if (persistent) return { base: record.base, persistent: override }
    return { ...record, once: canModify(vm) ? override : { ...override, whileOn: true } }
  }
}

/** After a boot: the one-time override is used, and the persistent one does not expire any more. */
export function asBooted({ base, persistent, once }: BootRecord): BootRecord {
  return { base, persistent: persistent && { ...persistent, endsAtMs: undefined }, once: once && used(once) }
}

/** Gives the overrides that expire another end; undefined: they do not expire any more. */
export function asKept(endsAtMs: number | undefined): BootChange {
  const kept = <T extends BootOverride>(override: T | undefined): T | undefined =>
    override?.endsAtMs === undefined ? override : { ...override, endsAtMs }
  return ({ base, persistent, once }) => ({ base, persistent: kept(persistent), once: kept(once) })
}

/** Clears overrides. A used one is remembered until the VM is off. */
export function asCleared(scope: BootScope): BootChange {
  const isCleared = (override: BootOverride | undefined) => scope !== 'timed' || override?.endsAtMs !== undefined
  return ({ base, persistent, once }) => ({
    base,
    persistent: scope !== 'once' && isCleared(persistent) ? undefined : persistent,
    once: !once?.used && isCleared(once) ? undefined : once,
  })
}

/**
 * Whether the VM has booted by the override. The record says so, or the VM is on with the override's order: the order
 * cannot change while the VM is on, so that it booted with it even if a killed process did not record that.
 */
function hasBooted(once: OnceOverride, own: BootRecord, vm: Vm): boolean {
  if (once.used) return true
  if (once.whileOn || powerIn(vm.state) !== 'on') return false
  const wanted = wantedOrder({ ...own, once })
  return sameOrder(vm.bootOrder, wanted) && !sameOrder(wanted, wantedOrder(own))
}

function used({ device, efi }: OnceOverride): OnceOverride {
  return { device, efi, used: true }
}
