/** Keeps the process alive; resolves when one of the signals is aborted. */
export async function untilAborted(...signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals])
  if (signal.aborted) return
  // Node ends where nothing but signal handlers is left.
  const alive = setInterval(() => undefined, 2 ** 30)
  try {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  } finally {
    clearInterval(alive)
  }
}
