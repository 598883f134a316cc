/** The promise's outcome, or a rejection when it is not settled so many milliseconds after the signal. The promise itself goes on. */
export async function untilStopped<T>(promise: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let stop: () => void = () => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      timer = setTimeout(() => reject(new Error('stopped')), graceMs)
    }
  })
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop)
  try {
    return await Promise.race([promise, stopped])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
