import type { Logger } from '@powerbus/plugin-sdk'
import { unlessUnknown } from '../hypervisor/failure.ts'
import type { Hypervisor } from '../hypervisor/hypervisor.ts'
import type { VmMachines } from '../machines/vm-machines.ts'
import type { VmPairs } from '../machines/vm-pairs.ts'
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

/** Starts BMCs for new VMs and completes their machines; stops the BMCs of VMs that are gone. */
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

  /** A call during a look joins it. Never rejects. */
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
      // A VM may be missing from a list that cannot be read in full, so that no BMC is stopped by it.
      const gone = problems.length > 0 ? [] : rack.ids.filter((id) => !known.has(id))
      for (const id of gone) if (!(await unlessUnknown(hypervisor.get(id, call)))) await rack.remove(id)
      const fresh = vms.filter(({ id }) => !rack.ids.includes(id))
      if (fresh.length > 0) await pairs.match(fresh, await machines.list(signal), false, signal)
    } catch (error) {
      if (!signal.aborted) log.warn('the look for new and removed VMs failed', { reason: String(error) })
    }
  }
}
