import { type Clock, systemClock } from '@powerbus/store/clock'

/** Ends after `delayMs`, or as soon as the signal is aborted. Never rejects. */
export async function pause(
  delayMs: number,
  signal: AbortSignal,
  clock: Pick<Clock, 'sleep'> = systemClock,
): Promise<void> {
  await clock.sleep(delayMs, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
