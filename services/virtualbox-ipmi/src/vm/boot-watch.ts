import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import type { BootRecord } from './boot-record.ts'

const LOOK_MS = 60_000
/** Something that is over was looked at in vain: not at once again. */
const SHORTEST_MS = 1000

export interface BootWatchOptions {
  /** Looks at a VM: what is over goes, and its order is set back if it can be. */
  readonly look: (id: string) => Promise<void>
  /** Milliseconds since 1970. */
  readonly dateMs: () => number
  /** Between two looks, in milliseconds; 60 000 where absent. */
  readonly lookMs?: number
  /** Aborted when the plugin ends. */
  readonly signal: AbortSignal
  readonly log: Logger
}

interface Watched {
  readonly timer: NodeJS.Timeout
  readonly isOver: boolean
}

/**
 * Looks again at VMs with something that changes by itself: a boot device that counts once or runs out, and a boot order that is to be
 * set back. A VM may go off without this plugin's doing: its guest has shut it down.
 */
export class BootWatch {
  readonly #options: BootWatchOptions
  readonly #watched = new Map<string, Watched>()
  readonly #looking = new Set<string>()

  constructor(options: BootWatchOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  /** What is kept with the VM now. */
  note(id: string, record: BootRecord | undefined): void {
    clearTimeout(this.#watched.get(id)?.timer)
    this.#watched.delete(id)
    const { signal, dateMs, lookMs = LOOK_MS } = this.#options
    if (signal.aborted || !record) return
    const { once, persistent } = record
    const ends = [once?.endsAtMs, persistent?.endsAtMs].filter((endsAtMs) => endsAtMs !== undefined)
    const isOver = once ? once.used === true : !persistent
    if (!once && !isOver && ends.length === 0) return
    const soonestMs = Math.max(SHORTEST_MS, Math.min(...ends) - dateMs())
    this.#watched.set(id, { timer: this.#timer(id, Math.min(lookMs, soonestMs)), isOver })
  }

  /** Nothing goes before the VM's own order any more, which is to be set back. */
  isOver(id: string): boolean {
    return this.#watched.get(id)?.isOver === true
  }

  /** Somebody saw the VM off: now it can be. */
  seenOff(id: string): void {
    if (this.isOver(id)) void this.#look(id)
  }

  #timer(id: string, delayMs: number): NodeJS.Timeout {
    return setTimeout(() => void this.#look(id), delayMs).unref()
  }

  async #look(id: string): Promise<void> {
    const { look, signal, log, lookMs = LOOK_MS } = this.#options
    const present = this.#watched.get(id)
    if (!present || signal.aborted) return
    clearTimeout(present.timer)
    // What there is to be seen is noted; where nothing is, this is the next look.
    this.#watched.set(id, { ...present, timer: this.#timer(id, lookMs) })
    if (this.#looking.has(id)) return
    this.#looking.add(id)
    try {
      await look(id)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof PowerbusError && error.code === 'OBJECT_UNKNOWN') this.note(id, undefined)
      else if (!(error instanceof PowerbusError && error.code === 'TARGET_BUSY'))
        log.warn('whether the boot order of a VM is to be set back could not be seen', {
          vm: id,
          reason: String(error),
        })
    } finally {
      this.#looking.delete(id)
    }
  }

  #end(): void {
    for (const { timer } of this.#watched.values()) clearTimeout(timer)
    this.#watched.clear()
  }
}
