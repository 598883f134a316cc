import { PowerbusError } from '../errors.ts'

/** How long work may go on after its signal was aborted, to say what it knows, before it is answered for. */
const GRACE_MS = 1_000
/** The longest a Node timer runs; longer ones would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface Limits {
  /** Milliseconds, more than 0. */
  readonly timeoutMs: number
  /** Aborted when the plugin must end at once; its reason is the error to answer with. */
  readonly shutdown: AbortSignal
}

/**
 * Starts work with a signal that is aborted at the deadline and at shutdown, and answers for work that ignores it: with
 * the signal's reason, one second later. An error of our own table that the work throws after the abort says more than
 * the reason, and is passed on; a foreign one is the abort itself.
 * @throws PowerbusError DEADLINE_EXCEEDED
 */
export async function withinDeadline<T>(limits: Limits, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const { signal } = controller
  const timeoutMs = Math.min(Math.max(limits.timeoutMs, 1), LONGEST_MS)
  const stop = () => controller.abort(limits.shutdown.reason)
  const expire = () => {
    controller.abort(new PowerbusError('DEADLINE_EXCEEDED', `Not done within ${timeoutMs} ms`))
  }
  const deadline = setTimeout(expire, timeoutMs)
  if (limits.shutdown.aborted) stop()
  else limits.shutdown.addEventListener('abort', stop, { once: true })
  let grace: NodeJS.Timeout | undefined
  const overdue = new Promise<never>((_, reject) => {
    const wait = () => {
      grace = setTimeout(() => reject(signal.reason), GRACE_MS)
    }
    if (signal.aborted) wait()
    else signal.addEventListener('abort', wait, { once: true })
  })
  try {
    return await Promise.race([start(signal), overdue])
  } catch (error) {
    throw signal.aborted && !(error instanceof PowerbusError) ? signal.reason : error
  } finally {
    clearTimeout(deadline)
    clearTimeout(grace)
    limits.shutdown.removeEventListener('abort', stop)
  }
}
