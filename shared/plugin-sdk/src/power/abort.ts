import { PowerbusError } from '../errors.ts'

/** What an aborted signal means to the caller: its own reason if that is one of ours. */
export function abortError(signal: AbortSignal, doing: string): PowerbusError {
  const reason: unknown = signal.reason
  if (reason instanceof PowerbusError) return reason
  return new PowerbusError('DEADLINE_EXCEEDED', `The request was given up while ${doing}`, { cause: reason })
}

/** The promise's end, or the abort, whichever comes first. The promise itself is left to end by itself. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, doing: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal, doing))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
