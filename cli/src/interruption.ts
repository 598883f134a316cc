import { once } from 'node:events'

export interface Interruption {
  readonly signal: AbortSignal
  /** Restores the default effect of the signals. */
  release(): void
}

/** npm and npx repeat a Ctrl-C that the terminal sent to the program already. Two this close together count as one. */
const SAME_INTERRUPTION_MS = 500

/**
 * Returns a signal that SIGINT, SIGTERM or SIGHUP aborts. A second one, half a second later or more, ends the process
 * at once.
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

/** Resolves when one of the signals is aborted. The caller has something open that keeps the process alive. */
export async function untilAborted(...signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals])
  if (!signal.aborted) await once(signal, 'abort')
}
