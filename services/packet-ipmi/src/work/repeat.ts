import { pause } from '@powerbus/turns'
import type { Means } from '../creation/means.ts'

/** Repeats the work until the signal is aborted. A failure is logged with the text `failed`. */
export async function repeat(
  everyMs: number,
  signal: AbortSignal,
  { clock, log }: Means,
  failed: string,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) => {
      if (!signal.aborted) log.warn(`${failed}; the next pass retries`, { reason: reasonOf(error) })
    })
    await pause(everyMs, signal, clock)
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
