import { type Clock, onAbort, unlessAborted as unlessAbortedOf } from '@powerbus/turns'
import { PowerbusError } from '../errors.ts'

/** What an aborted signal means to the caller: its own reason if that is one of ours, else DEADLINE_EXCEEDED. */
export function abortError(signal: AbortSignal, doing: string): PowerbusError {
  const reason: unknown = signal.reason
  if (reason instanceof PowerbusError) return reason
  return new PowerbusError('DEADLINE_EXCEEDED', `The request was given up while ${doing}`, { cause: reason })
}

/** The promise's end, or `abortError` where the abort comes first. The promise goes on by itself. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, doing: string): Promise<T> {
  return unlessAbortedOf(promise, signal, () => abortError(signal, doing))
}

/** Sleeps; throws `abortError` as soon as the signal is aborted, which one listener for all sleepers hears. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal, doing: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortError(signal, doing))
      return
    }
    const timer = clock.after(delayMs, () => {
      off()
      resolve()
    })
    const off = onAbort(signal, () => {
      timer.cancel()
      reject(abortError(signal, doing))
    })
  })
}
