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
    promise.then(
      (result) => {
        off()
        resolve(result)
      },
      (error: unknown) => {
        off()
        reject(error)
      },
    )
  })
}

/** One listener for each signal serves all who wait for it: to add and to take off one of thousands is a matter of a set. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()
const nothing = () => undefined

/** Calls back once when the signal is aborted, at once where it is already. Gives what takes the listener off. The callback must not throw. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback()
    return nothing
  }
  const callbacks = waiting.get(signal) ?? listenTo(signal)
  // A function that is given twice is called twice.
  const entry = () => callback()
  callbacks.add(entry)
  return () => void callbacks.delete(entry)
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>()
  waiting.set(signal, callbacks)
  signal.addEventListener(
    'abort',
    () => {
      waiting.delete(signal)
      for (const call of callbacks) call()
    },
    { once: true },
  )
  return callbacks
}
