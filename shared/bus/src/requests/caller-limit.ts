import { within } from '@powerbus/turns'
import type { RequestOptions } from '../bus.ts'
import { BusError } from '../bus-error.ts'

/** Rejects with TIMEOUT or ABORTED as the caller of a request asks for; the work is told by its signal. */
export async function callerLimit<T>(
  subject: string,
  { timeoutMs, signal }: RequestOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!(timeoutMs > 0)) throw new BusError('INPUT', 'timeoutMs must be above 0')
  const late = () => new BusError('TIMEOUT', `no answer to ${subject} within ${timeoutMs} ms`)
  const aborted = (cause: unknown) => new BusError('ABORTED', `the request to ${subject} was given up`, { cause })
  return await within({ timeoutMs, signal, late, aborted }, work)
}
