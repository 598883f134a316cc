import { isOff, type Vm } from '../hypervisor/vm.ts'
import { sameOrder } from './boot-order.ts'
import { type BootOverride, type BootRecord, type OnceOverride, wantedOrder } from './boot-record.ts'
import { canModify } from './power-state.ts'

/** Which overrides are cleared: all, the one for the next boot, or those that a BMC's boot flags set with an expiry. */
export type BootScope = 'all' | 'once' | 'timed'

/** A change of the overrides of a VM. */
export type BootChange = (record: BootRecord, vm: Vm) => BootRecord

/** The record without what has expired or was used, judged by the VM's state and the time (milliseconds since 1970). */
export function asSeen({ base, persistent, once }: BootRecord, vm: Vm, atMs: number): BootRecord {
  const record = { base, persistent: persistent && isOver(persistent, atMs) ? undefined : persistent, once }
  return { ...record, once: once && onceAsSeen(once, record, vm, atMs) }
}

/** Changes nothing beyond `asSeen`; the boot order is restored if it can be. */
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
  return { base, persistent: persistent && untimed(persistent), once: once && used(once) }
}

/** Gives the overrides that expire another end; undefined: they do not expire any more. */
export function asKept(endsAtMs: number | undefined): BootChange {
  const kept = <T extends BootOverride>(override: T | undefined): T | undefined => {
    if (!override || !isTimed(override)) return override
    return endsAtMs === undefined ? untimed(override) : { ...override, endsAtMs }
  }
  return ({ base, persistent, once }) => ({ base, persistent: kept(persistent), once: kept(once) })
}

/** Clears overrides. A used one is remembered until the VM is off. */
export function asCleared(scope: BootScope): BootChange {
  const isCleared = (override: BootOverride) => scope !== 'timed' || isTimed(override)
  return ({ base, persistent, once }, vm) => {
    const kept = { base, persistent: persistent && scope !== 'once' && isCleared(persistent) ? undefined : persistent }
    if (!once) return kept
    if (isUsed(once, { base, persistent }, vm)) return { ...kept, once: used(once) }
    return isCleared(once) ? kept : { ...kept, once }
  }
}

function onceAsSeen(once: OnceOverride, record: BootRecord, vm: Vm, atMs: number): OnceOverride | undefined {
  if (canModify(vm)) {
    const { whileOn: _, ...rest } = once
    return once.used || isOver(once, atMs) ? undefined : rest
  }
  if (isUsed(once, record, vm)) return used(once)
  return isOver(once, atMs) ? undefined : once
}

/**
 * Whether the VM has booted by the override. The record says so, or the VM is on with the override's order: the order
 * cannot change while the VM is on, so that it booted with it even if a killed process did not record that.
 */
function isUsed(once: OnceOverride, { base, persistent }: BootRecord, vm: Vm): boolean {
  if (once.used) return true
  if (once.whileOn || isOff(vm.state)) return false
  const wanted = wantedOrder({ base, persistent, once })
  return sameOrder(vm.bootOrder, wanted) && !sameOrder(wanted, wantedOrder({ base, persistent }))
}

function isTimed({ endsAtMs }: BootOverride): boolean {
  return endsAtMs !== undefined
}

function isOver({ endsAtMs }: BootOverride, atMs: number): boolean {
  return endsAtMs !== undefined && endsAtMs <= atMs
}

function used({ device, efi }: OnceOverride): OnceOverride {
  return { device, efi, used: true }
}

function untimed<T extends BootOverride>(override: T): T {
  const { endsAtMs: _, ...rest } = override
  return rest as T
}
