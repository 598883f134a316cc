import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, MemoryStore, type Store, systemClock } from '@powerbus/store'
import type { Coordinator } from './coordinator.ts'
import { JoinedRequests } from './joined-requests.ts'
import { type RecoverOptions, recoverRequests } from './recover-requests.ts'
import { letGo, type Replica } from './replica.ts'
import { lockBmc, storeLease } from './store-lease.ts'
import { onceOverReplicas } from './store-once.ts'

export interface StoreCoordinatorOptions {
  readonly clock?: Clock
  /** Name of this replica, for people; host, process id and a random part where absent. */
  readonly replica?: string
  /** Milliseconds after which what a dead or cut-off replica holds is free for others, from 100; 15 s where absent. */
  readonly lockTtlMs?: number
  /** How long results and kept failures are remembered, in milliseconds; an hour where absent. */
  readonly resultsKeptMs?: number
  /**
   * Whether what only reads is remembered in the store, so that the other replicas get its result too; true where absent. Else it is
   * remembered in this process, and never written.
   */
  readonly sharesReads?: boolean
  /** Told of what an operator should know: a lock that could not be freed, a result that could not be recorded. */
  readonly onNotice?: (message: string) => void
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
export function storeCoordinator(store: Store, options: StoreCoordinatorOptions = {}): StoreCoordinator {
  const replica: Replica = {
    store,
    clock: options.clock ?? systemClock,
    name: options.replica ?? `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    lockTtlMs: options.lockTtlMs ?? 15_000,
    resultsKeptMs: options.resultsKeptMs ?? 3_600_000,
    notice: options.onNotice ?? (() => undefined),
  }
  const reader = options.sharesReads === false ? { ...replica, store: memory(replica.clock) } : replica
  const joined = new JoinedRequests()
  return {
    async hold(claim, work) {
      const lock = await lockBmc(store, claim, replica.lockTtlMs)
      try {
        return await work(storeLease(store, replica.clock, claim, lock))
      } finally {
        letGo(replica, lock, claim.key)
      }
    },
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
