import { isOff, type Vm } from '../hypervisor/vm.ts'
import { sameOrder } from './boot-order.ts'
import { type BootOverride, type BootRecord, type OnceOverride, wantedOrder } from './boot-record.ts'
import { canModify } from './power-state.ts'

/** What is taken back: everything; what is for the next boot; or what boot flags of a BMC have set that would run out. */
export type BootScope = 'all' | 'once' | 'timed'

/** The record with what it, the VM's state and the time (milliseconds since 1970) tell: off after the boot that counted, it counts no longer. */
export function asSeen({ base, persistent, once }: BootRecord, vm: Vm, atMs: number): BootRecord {
  const record = { base, ...(persistent && !isOver(persistent, atMs) && { persistent }), ...(once && { once }) }
  const seen = once && onceAsSeen(once, record, vm, atMs)
  return withOnce(record, seen)
}

/** What becomes of what goes before a VM's own boot order; without anything the VM keeps nothing but its own order. */
export type BootChange = (record: BootRecord, vm: Vm) => BootRecord

/** Nothing but what the time and the VM's state tell: what is over goes, and the order is set back when it can be. */
export const asItIs: BootChange = (record) => record

/** The VM boots from it next time, or each time. */
export function asSet(override: BootOverride, persistent: boolean): BootChange {
  return ({ once: _, ...kept }, vm) => {
    if (persistent) return { ...kept, persistent: override }
    return { ...kept, once: canModify(vm) ? override : { ...override, whileOn: true } }
  }
}

/** After a start: what counted once is used, and what is for every boot does not run out any more. */
export function asBooted({ base, persistent, once }: BootRecord): BootRecord {
  return { base, ...(persistent && { persistent: untimed(persistent) }), ...(once && { once: used(once) }) }
}

/** What is set by the boot flags of a BMC ends then, or (undefined) no longer by itself. */
export function asKept(endsAtMs: number | undefined): BootChange {
  const kept = <T extends BootOverride>(override: T): T =>
    endsAtMs === undefined ? untimed(override) : { ...override, endsAtMs }
  return (record) => {
    const { persistent, once } = record
    return {
      ...record,
      ...(persistent && isTimed(persistent) && { persistent: kept(persistent) }),
      ...(once && isTimed(once) && { once: kept(once) }),
    }
  }
}

/** Without what is taken back; what was used is remembered until the VM is off. */
export function asCleared(scope: BootScope): BootChange {
  const takesBack = (override: BootOverride) => scope !== 'timed' || isTimed(override)
  return ({ base, persistent, once }, vm) => {
    const kept = { base, ...(persistent && (scope === 'once' || !takesBack(persistent)) && { persistent }) }
    if (!once) return kept
    if (isUsed(once, { base, ...(persistent && { persistent }) }, vm)) return { ...kept, once: used(once) }
    return takesBack(once) ? kept : { ...kept, once }
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
 * Whether the boot that counts once has been: it is written down; or the VM is on and has that order, which cannot change while it
 * is on, so that it booted with it (a process that was killed did not come to writing it down).
 */
function isUsed(once: OnceOverride, { base, persistent }: BootRecord, vm: Vm): boolean {
  if (once.used) return true
  if (once.whileOn || isOff(vm.state)) return false
  const own = { base, ...(persistent && { persistent }) }
  const wanted = wantedOrder({ ...own, once })
  return sameOrder(vm.bootOrder, wanted) && !sameOrder(wanted, wantedOrder(own))
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

function withOnce({ once: _, ...rest }: BootRecord, once: OnceOverride | undefined): BootRecord {
  return once ? { ...rest, once } : rest
}
