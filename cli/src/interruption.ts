export interface Interruption {
  readonly signal: AbortSignal
  /** Gives the signals back to their usual effect. */
  release(): void
}

/** npm and npx pass on the Ctrl-C that the terminal has sent to their program already: two this close together are one. */
const SAME_INTERRUPTION_MS = 500

/**
 * A signal that Ctrl-C, SIGTERM or SIGHUP aborts. Another one, half a second later or more, ends the process at once, as
 * it would without us.
 */
export function catchInterruption(): Interruption {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let firstAtMs: number | undefined
  const release = () => {
    for (const name of names) process.off(name, interrupt)
  }
  const interrupt = (name: NodeJS.Signals) => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now()
      controller.abort(new Error(`interrupted by ${name}`))
    } else if (performance.now() - firstAtMs >= SAME_INTERRUPTION_MS) {
      release()
      process.kill(process.pid, name)
    }
  }
  for (const name of names) process.on(name, interrupt)
  return { signal: controller.signal, release }
}
