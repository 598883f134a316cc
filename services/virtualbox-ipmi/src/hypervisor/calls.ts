import { abortError, type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { type Clock, KeyedQueue, type Limit, systemClock } from '@powerbus/turns'
import { checkedId } from './check-spec.ts'

/** The limits of one call of a hypervisor; each of its steps gets the time that is left. */
export interface Deadline {
  /** Aborted by the caller, or by the hypervisor's close. */
  readonly signal: AbortSignal
  /** Milliseconds of the process's monotonic clock. */
  readonly endsAtMs: number
}

export const leftMs = ({ endsAtMs }: Deadline): number => Math.max(0, endsAtMs - performance.now())

/** For a wait before any work: TARGET_BUSY at the deadline. */
export function waitLimit(deadline: Deadline, doing: string): Limit {
  const { signal } = deadline
  return {
    signal,
    timeoutMs: leftMs(deadline),
    aborted: () => abortError(signal, doing),
    late: () =>
      new PowerbusError('TARGET_BUSY', `The time was over while ${doing}; try again later, or allow more time`),
  }
}

/** Sleeps. Throws TARGET_TIMEOUT at the deadline where that is earlier, and `abortError` where the call is aborted. */
export async function sleepWithin(
  deadline: Deadline,
  delayMs: number,
  doing: string,
  clock: Pick<Clock, 'sleep'> = systemClock,
): Promise<void> {
  const { signal } = deadline
  const hasTime = delayMs <= leftMs(deadline)
  await clock.sleep(Math.min(delayMs, leftMs(deadline)), signal).catch(() => {
    throw abortError(signal, doing)
  })
  if (!hasTime) throw new PowerbusError('TARGET_TIMEOUT', `There was too little time for ${doing}; allow more`)
}

/**
 * The calls of a hypervisor: one at a time per VM, and none after `close`. Work of several calls runs in the VM's
 * turn (`inTurn`); reads come between its calls.
 */
export class Calls {
  readonly #queue = new KeyedQueue()
  readonly #open = new Set<Promise<unknown>>()
  readonly #end = new AbortController()

  /** A call about no single VM, or one that only reads memory. Throws SHUTTING_DOWN after close. */
  async run<T>({ signal, timeoutMs }: Call, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const ended = AbortSignal.any([signal, this.#end.signal])
    if (ended.aborted) throw abortError(ended, 'beginning')
    const running = work({ signal: ended, endsAtMs: performance.now() + timeoutMs })
    this.#open.add(running)
    try {
      return await running
    } finally {
      this.#open.delete(running)
    }
  }

  /**
   * A call for a VM, by its id in either case. Throws PARAM_INVALID, and TARGET_BUSY where an earlier call takes too
   * long.
   */
  async forVm<T>(id: string, call: Call, work: (vmId: string, deadline: Deadline) => Promise<T>): Promise<T> {
    return await this.run(call, async (deadline) => {
      const vmId = checkedId(id)
      const limit = waitLimit(deadline, `waiting for another call for VM ${vmId}`)
      return await this.#queue.run(vmId, () => work(vmId, deadline), limit)
    })
  }

  /** Aborts running calls and waits for their end. */
  async close(): Promise<void> {
    this.#end.abort(new PowerbusError('SHUTTING_DOWN', 'The hypervisor is being closed'))
    await Promise.allSettled(this.#open)
  }
}
