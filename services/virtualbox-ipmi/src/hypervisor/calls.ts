import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { type Call, PowerbusError } from '@powerbus/plugin-sdk'

/** The limits of one call of a hypervisor, as a moment: every step of it gets what is left. */
export interface Deadline {
  /** Aborted by the caller, or by the hypervisor's close. */
  readonly signal: AbortSignal
  /** Milliseconds of the process's monotonic clock. */
  readonly endsAtMs: number
}

export const leftMs = ({ endsAtMs }: Deadline): number => Math.max(0, endsAtMs - performance.now())

/** What an aborted call means to its caller: the signal's reason if that is one of ours. */
export function abortFailure(signal: AbortSignal, doing: string): PowerbusError {
  const reason: unknown = signal.reason
  if (reason instanceof PowerbusError) return reason
  return new PowerbusError('DEADLINE_EXCEEDED', `The request was given up while ${doing}`, { cause: reason })
}

/** The promise's end; `late` where the time is over before, and the abort where that comes first. The promise goes on by itself. */
export async function within<T>(
  promise: Promise<T>,
  deadline: Deadline,
  doing: string,
  late: () => PowerbusError,
): Promise<T> {
  const over = new AbortController()
  const stop = () => over.abort()
  deadline.signal.addEventListener('abort', stop, { once: true })
  if (deadline.signal.aborted) stop()
  const timer = setTimeout(stop, leftMs(deadline))
  try {
    return await Promise.race([promise, ended(over.signal)])
  } catch (error) {
    if (error !== over.signal.reason) throw error
    throw deadline.signal.aborted ? abortFailure(deadline.signal, doing) : late()
  } finally {
    clearTimeout(timer)
    deadline.signal.removeEventListener('abort', stop)
    stop()
  }
}

/** Sleeps, at most to the deadline. Throws DEADLINE_EXCEEDED (or the signal's reason) where the call is aborted. */
export async function pause(delayMs: number, deadline: Deadline, doing: string): Promise<void> {
  try {
    await delay(Math.min(delayMs, leftMs(deadline)), undefined, { signal: deadline.signal })
  } catch (error) {
    if (deadline.signal.aborted) throw abortFailure(deadline.signal, doing)
    throw error
  }
}

async function ended(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  throw signal.reason
}

/** The calls of a hypervisor that are under way, for its `close`. */
export class Calls {
  readonly #open = new Map<AbortController, Promise<unknown>>()
  #isClosed = false

  /** Runs one call. Throws SHUTTING_DOWN after close. */
  async run<T>(call: Call, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closed()
    const controller = new AbortController()
    const onAbort = () => controller.abort(call.signal.reason)
    // One signal may be that of many calls at a time.
    setMaxListeners(0, call.signal)
    call.signal.addEventListener('abort', onAbort, { once: true })
    if (call.signal.aborted) onAbort()
    const running = work({ signal: controller.signal, endsAtMs: performance.now() + call.timeoutMs })
    this.#open.set(controller, running)
    try {
      return await running
    } finally {
      this.#open.delete(controller)
      call.signal.removeEventListener('abort', onAbort)
    }
  }

  /** Aborts what is under way and waits for its end. */
  async close(): Promise<void> {
    this.#isClosed = true
    const running = [...this.#open]
    for (const [controller] of running) controller.abort(closed())
    await Promise.allSettled(running.map(([, work]) => work))
  }
}

const closed = () => new PowerbusError('SHUTTING_DOWN', 'The hypervisor is being closed')
