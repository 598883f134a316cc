import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, MemoryStore, type Store, systemClock } from '@powerbus/store'
import type { Coordinator } from './coordinator.ts'
import { JoinedRequests } from './joined-requests.ts'
import { type RecoverOptions, recoverRequests } from './recover-requests.ts'
import type { Replica } from './replica.ts'
import { holdBmc } from './store-lease.ts'
import { onceOverReplicas } from './store-once.ts'

export interface StoreCoordinatorOptions extends Partial<Omit<Replica, 'store'>> {
  /**
   * Whether what only reads is remembered in the store, so that the other replicas get its result too; true where absent. Else it is
   * remembered in this process, and never written.
   */
  readonly sharesReads?: boolean
}

export interface StoreCoordinator extends Coordinator {
  /**
   * Looks for requests whose replica died before it recorded an end, and reports each once (or twice, where this one dies too).
   * To be called at the start and then every minute or so. Throws STORE_UNAVAILABLE.
   */
  recover(options: RecoverOptions): Promise<void>
}

/**
 * Coordinates the actions of all replicas that use the store. A replica that stood still for longer than its lock lives is refused
 * before its next command; only a process that stops between that check and the system call that sends is beyond it, because no
 * BMC knows of fences.
 */
export function storeCoordinator(
  store: Store,
  { sharesReads = true, ...options }: StoreCoordinatorOptions = {},
): StoreCoordinator {
  const replica: Replica = {
    store,
    clock: systemClock,
    name: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    lockTtlMs: 15_000,
    onNotice: () => undefined,
    ...options,
  }
  const reader = sharesReads ? replica : { ...replica, store: memory(replica.clock) }
  const joined = new JoinedRequests()
  return {
    hold: (claim, work) => holdBmc(replica, claim, work),
    once: (claim, work) => joined.join(claim, () => onceOverReplicas(claim.repeatable ? reader : replica, claim, work)),
    recover: (recovery) => recoverRequests(replica, recovery),
  }
}

/** Coordinates the actions of this process. What it knows ends with the process, so there is never anything to find out. */
export function memoryCoordinator(clock: Clock = systemClock): StoreCoordinator {
  return storeCoordinator(memory(clock), { clock })
}

/** Results of an hour, or the last ten thousand of them. */
function memory(clock: Clock): Store {
  return new MemoryStore({ clock, entriesMax: 10_000 })
}
