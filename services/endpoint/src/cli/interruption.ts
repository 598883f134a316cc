export interface Interruption {
  readonly signal: AbortSignal
  /** Gives the signals back to their usual effect. */
  release(): void
}

/**
 * A signal that Ctrl-C, SIGTERM or SIGHUP aborts. The second one ends the process at once, as it would without us.
 */
export function catchInterruption(): Interruption {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const release = () => {
    for (const name of names) process.off(name, abort)
  }
  const abort = (name: NodeJS.Signals) => {
    release()
    controller.abort(new Error(`interrupted by ${name}`))
  }
  for (const name of names) process.on(name, abort)
  return { signal: controller.signal, release }
}
