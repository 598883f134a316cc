import type { RequestOptions } from '../bus.ts'
import { BusError } from '../bus-error.ts'
import { limitedTime } from '../delivery/limited-time.ts'

/** Rejects with TIMEOUT or ABORTED as the caller of a request asks for. */
export async function callerLimit<T>(subject: string, options: RequestOptions, work: () => Promise<T>): Promise<T> {
  const { timeoutMs, signal } = options
  if (!(timeoutMs > 0)) throw new BusError('INPUT', 'timeoutMs must be above 0')
  const aborted = () => new BusError('ABORTED', `the request to ${subject} was given up`, { cause: signal?.reason })
  if (signal?.aborted) throw aborted()
  const end = new AbortController()
  const onAbort = () => end.abort(aborted())
  signal?.addEventListener('abort', onAbort)
  const late = setTimeout(
    () => end.abort(new BusError('TIMEOUT', `no answer to ${subject} within ${timeoutMs} ms`)),
    timeoutMs,
  )
  try {
    return await limitedTime(2 ** 31 - 1, end.signal, work)
  } finally {
    clearTimeout(late)
    signal?.removeEventListener('abort', onAbort)
  }
}
