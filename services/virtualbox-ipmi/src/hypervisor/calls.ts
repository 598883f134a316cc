import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
import { type Clock, KeyedQueue, type Limit, systemClock } from '@powerbus/turns'
import { checkedId } from './check-spec.ts'

/** The limits of one call of a hypervisor, as a moment: every step of it gets what is left. */
export interface Deadline {
  /** Aborted by the caller, or by the hypervisor's close. */
  readonly signal: AbortSignal
  /** Milliseconds of the process's monotonic clock. */
  readonly endsAtMs: number
}

export const leftMs = ({ endsAtMs }: Deadline): number => Math.max(0, endsAtMs - performance.now())

/** What an aborted call means to its caller: the signal's reason if that is one of ours. */
export function abortFailure({ reason }: AbortSignal, doing: string): PowerbusError {
  if (reason instanceof PowerbusError) return reason
  return new PowerbusError('DEADLINE_EXCEEDED', `The request was given up while ${doing}`, { cause: reason })
}

/** For a wait in which nothing is done yet: TARGET_BUSY at the deadline. */
export function waitLimit(deadline: Deadline, doing: string): Limit {
  const { signal } = deadline
  return {
    signal,
    timeoutMs: leftMs(deadline),
    aborted: () => abortFailure(signal, doing),
    late: () => new PowerbusError('TARGET_BUSY', `The time was over while ${doing}; wait, or give it more time`),
  }
}

/** Sleeps, at most to the deadline. Throws DEADLINE_EXCEEDED (or the signal's reason) where the call is aborted. */
export async function sleepWithin(
  deadline: Deadline,
  delayMs: number,
  doing: string,
  clock: Pick<Clock, 'sleep'> = systemClock,
): Promise<void> {
  try {
    await clock.sleep(Math.min(delayMs, leftMs(deadline)), deadline.signal)
  } catch (error) {
    if (deadline.signal.aborted) throw abortFailure(deadline.signal, doing)
    throw error
  }
}

/**
 * The calls of a hypervisor: one at a time for each VM, and none after `close`. What is done to a VM in several calls has the VM's turn
 * (`VmPower`); reads need no turn, and come between these calls.
 */
export class Calls {
  readonly #queue = new KeyedQueue()
  readonly #open = new Set<Promise<unknown>>()
  readonly #end = new AbortController()

  /** One call that is about no single VM, or only reads what is in memory. Throws SHUTTING_DOWN after close. */
  async run<T>({ signal, timeoutMs }: Call, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    this.#end.signal.throwIfAborted()
    const ended = AbortSignal.any([signal, this.#end.signal])
    const running = work({ signal: ended, endsAtMs: performance.now() + timeoutMs })
    this.#open.add(running)
    try {
      return await running
    } finally {
      this.#open.delete(running)
    }
  }

  /** One call for a VM, by its id in either case. Throws TARGET_BUSY where another one takes longer than this one may wait, PARAM_INVALID. */
  async forVm<T>(id: string, call: Call, work: (vmId: string, deadline: Deadline) => Promise<T>): Promise<T> {
    return await this.run(call, async (deadline) => {
      const vmId = checkedId(id)
      const limit = waitLimit(deadline, `waiting for another call for VM ${vmId}`)
      return await this.#queue.run(vmId, () => work(vmId, deadline), limit)
    })
  }

  /** Aborts what is under way and waits for its end. */
  async close(): Promise<void> {
    this.#end.abort(new PowerbusError('SHUTTING_DOWN', 'The hypervisor is being closed'))
    await Promise.allSettled(this.#open)
  }
}
