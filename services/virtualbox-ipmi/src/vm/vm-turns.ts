import { setMaxListeners } from 'node:events'
import { type Call, PowerbusError } from '@powerbus/plugin-sdk'

/** How long somebody waits for a turn, and what is thrown where none came: nothing was done then. */
export interface TurnLimit {
  readonly call: Call
  readonly late: () => PowerbusError
}

/** One piece of work at a time for each VM, in order of arrival; those of different VMs at once. */
export class VmTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  /**
   * Rejects as `work` does; the next one comes all the same. `id` in either case. With a limit, `work` that has not begun when the call's time
   * is over, or the call is given up, never begins.
   */
  run<T>(id: string, work: () => Promise<T>, limit?: TurnLimit): Promise<T> {
    const key = id.toUpperCase()
    const before = this.#last.get(key) ?? Promise.resolve()
    const mine = (limit ? within(before, limit) : before).then(work)
    const settled = before.then(() =>
      mine.then(
        () => undefined,
        // Whoever asked for it is told by `mine`.
        () => undefined,
      ),
    )
    this.#last.set(key, settled)
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    })
    return mine
  }

  /** When everything that was asked for until now has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}

/** When `before` is over; rejects where the call is over first. */
function within(before: Promise<unknown>, { call: { signal, timeoutMs }, late }: TurnLimit): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      stop()
      reject(signal.reason instanceof PowerbusError ? signal.reason : late())
    }
    const timer = setTimeout(leave, timeoutMs)
    const stop = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    }
    // One signal may be that of many calls at a time.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    void before.then(() => {
      stop()
      resolve()
    })
  })
}
