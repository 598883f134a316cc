import type { Clock, Logger } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import type { KeyedQueue } from '@powerbus/turns'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'

/** What all work on the VMs of one configured plugin shares. */
export interface VmContext {
  readonly hypervisor: Hypervisor
  /**
   * The VMs' turns, by id: one for actions, BMCs, events and looks. Work on a VM that takes more than one call runs in
   * the VM's turn.
   */
  readonly turns: KeyedQueue
  /** Keeps what must outlive this process. */
  readonly state: () => Promise<Store>
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly clock: Clock
}
