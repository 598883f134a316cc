import type { Logger } from '@powerbus/plugin-sdk'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import type { VmMachines } from '../machines/vm-machines.ts'
import type { VmPairs } from '../machines/vm-pairs.ts'
import { findVm } from '../vm/power-state.ts'
import type { BmcRack } from './bmc-rack.ts'

const WATCH_MS = 30_000
const LIST_MS = 15_000

export interface BmcWatchOptions {
  readonly hypervisor: Hypervisor
  readonly machines: VmMachines
  readonly pairs: VmPairs
  readonly rack: BmcRack
  readonly log: Logger
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
}

/** VMs that came since get BMCs, and their machines are told where; the BMCs of those that went are stopped. */
export class BmcWatch {
  readonly #options: BmcWatchOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(options: BmcWatchOptions) {
    this.#options = options
  }

  begin(): void {
    this.#timer = setInterval(() => void this.look(), WATCH_MS)
    this.#timer.unref()
  }

  end(): void {
    clearInterval(this.#timer)
  }

  /** One look at a time. Never rejects. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    await this.#looking
  }

  async #look(): Promise<void> {
    const { hypervisor, machines, pairs, rack, log, signal } = this.#options
    const call = { signal, timeoutMs: LIST_MS }
    try {
      const { vms, problems } = await hypervisor.list(call)
      const known = new Set(vms.map(({ id }) => id))
      // A list with something unreadable stops none.
      const gone = problems.length > 0 ? [] : rack.ids.filter((id) => !known.has(id))
      for (const id of gone) if (!(await findVm(hypervisor, id, call))) await rack.remove(id)
      const fresh = vms.filter(({ id }) => !rack.ids.includes(id))
      if (fresh.length > 0) await pairs.match(fresh, await machines.list(signal), false, signal)
    } catch (error) {
      if (!signal.aborted) log.warn('the VMs could not be looked at', { reason: String(error) })
    }
  }
}
