import { setMaxListeners } from 'node:events'

/** What to throw for an aborted signal with that reason; the reason itself where it is absent. */
export type Aborted = (reason: unknown) => unknown

/**
 * The promise's end; rejects with `aborted` of the signal's reason where the signal is aborted first. The promise goes on by itself then, and
 * how it ends is nobody's business any more.
 */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  aborted: Aborted = (reason) => reason,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const off = onAbort(signal, () => reject(aborted(signal.reason)))
    promise.then(resolve, reject).finally(off)
  })
}

/** Calls back once when the signal is aborted, at once where it is already. Gives what takes the listener off. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback()
    return () => undefined
  }
  // Node warns of a leak at eleven listeners; one signal ends many waits here.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', callback, { once: true })
  return () => signal.removeEventListener('abort', callback)
}
