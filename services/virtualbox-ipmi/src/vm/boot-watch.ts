import type { Timer } from '@powerbus/turns'
import { hasCode } from '../hypervisor/failure.ts'
import type { BootRecord } from './boot-record.ts'
import type { VmContext } from './vm-context.ts'

/** Pause between two looks at a VM. */
const LOOK_MS = 60_000
/** Shortest pause before a look at an override that has expired. */
const SHORTEST_MS = 1000

interface Watched {
  readonly timer: Timer
  readonly isOver: boolean
}

/**
 * Looks again at VMs whose overrides end by themselves, since a guest may shut down and boot flags expire while nothing
 * is asked of this plugin.
 */
export class BootWatch {
  readonly #context: VmContext
  readonly #lookAt: (id: string) => Promise<void>
  readonly #watched = new Map<string, Watched>()
  readonly #looking = new Set<string>()

  /** `lookAt` drops overrides of a VM that are over, and restores its boot order if it can. */
  constructor(context: VmContext, lookAt: (id: string) => Promise<void>) {
    this.#context = context
    this.#lookAt = lookAt
  }

  /** Takes note of the VM's record. */
  note(id: string, record: BootRecord | undefined): void {
    this.#watched.get(id)?.timer.cancel()
    this.#watched.delete(id)
    const { signal, clock } = this.#context
    if (signal.aborted || !record) return
    const { once, persistent } = record
    const ends = [once?.endsAtMs, persistent?.endsAtMs].filter((endsAtMs) => endsAtMs !== undefined)
    const isOver = once ? once.used === true : !persistent
    if (!once && !isOver && ends.length === 0) return
    const soonestMs = Math.max(SHORTEST_MS, Math.min(...ends) - clock.dateMs())
    this.#watched.set(id, { timer: this.#timer(id, Math.min(LOOK_MS, soonestMs)), isOver })
  }

  /** Whether no override is in force any more, and the VM's own boot order is to be restored. */
  isOver(id: string): boolean {
    return this.#watched.get(id)?.isOver === true
  }

  /** The VM was seen off, so that its boot order can be restored now. */
  seenOff(id: string): void {
    if (this.isOver(id)) void this.#look(id)
  }

  #timer(id: string, delayMs: number): Timer {
    return this.#context.clock.after(delayMs, () => void this.#look(id), false)
  }

  async #look(id: string): Promise<void> {
    const { signal, log } = this.#context
    const present = this.#watched.get(id)
    if (!present || signal.aborted) return
    present.timer.cancel()
    // A look that finds a record sets the next timer by `note`; this one is for a look that finds nothing.
    this.#watched.set(id, { ...present, timer: this.#timer(id, LOOK_MS) })
    if (this.#looking.has(id)) return
    this.#looking.add(id)
    try {
      await this.#lookAt(id)
    } catch (error) {
      if (signal.aborted) return
      if (hasCode(error, 'OBJECT_UNKNOWN')) this.note(id, undefined)
      else if (!hasCode(error, 'TARGET_BUSY'))
        log.warn("a VM's own boot order could not be restored yet", { vm: id, reason: String(error) })
    } finally {
      this.#looking.delete(id)
    }
  }
}
