import { type Call, PowerbusError } from '@powerbus/plugin-sdk'
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

/** The error of an aborted call: the signal's reason if that is a PowerbusError. */
export function abortFailure({ reason }: AbortSignal, doing: string): PowerbusError {
  if (reason instanceof PowerbusError) return reason
  return new PowerbusError('DEADLINE_EXCEEDED', `The call was aborted while ${doing}`, { cause: reason })
}

/** For a wait before any work: TARGET_BUSY at the deadline. */
export function waitLimit(deadline: Deadline, doing: string): Limit {
  const { signal } = deadline
  return {
    signal,
    timeoutMs: leftMs(deadline),
    aborted: () => abortFailure(signal, doing),
    late: () =>
      new PowerbusError('TARGET_BUSY', `The time was over while ${doing}; try again later, or allow more time`),
  }
}

/** Sleeps, at most to the deadline. Throws `abortFailure` where the call is aborted. */
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
 * The calls of a hypervisor: one at a time per VM, and none after `close`. Work of several calls has the VM's turn
 * (`VmTurns`); reads come between its calls.
 */
export class Calls {
  readonly #queue = new KeyedQueue()
  readonly #open = new Set<Promise<unknown>>()
  readonly #end = new AbortController()

  /** A call about no single VM, or one that only reads memory. Throws SHUTTING_DOWN after close. */
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
